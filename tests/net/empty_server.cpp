// Answers 200 without a body to everything, until it is stopped: what the sockets and HTTP alone cost, for comparisons
// with other servers. Usage: net_empty_server PORT
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <boost/asio/io_context.hpp>

#include "server/net/server.hpp"

namespace {

class EmptyAnswers final : public muster::api::Handler {
 public:
  void handle(const muster::api::Request&, muster::api::Responder& responder) override { responder.respond({}); }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: net_empty_server PORT\n";
    return 2;
  }
  boost::asio::io_context loop(1);
  EmptyAnswers answers;
  muster::net::Server server(loop, answers, {}, [](const std::string& sentence) { std::cerr << sentence << '\n'; });
  server.listen("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])));
  std::cerr << "listening port=" << server.port() << std::endl;
  loop.run();
}
