#include "server/app/listen_address.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "config/endpoint.hpp"

namespace muster::app {

std::variant<ListenAddress, std::string> resolve_listen(const std::string& listen) {
  namespace ip = boost::asio::ip;
  const auto endpoint = config::parse_endpoint(listen);
  if (!endpoint) return "listen: " + listen + " is not HOST:PORT";
  boost::system::error_code error;
  ip::address address = ip::make_address(endpoint->host, error);
  if (error) {
    boost::asio::io_context context;
    ip::tcp::resolver resolver(context);
    const auto found = resolver.resolve(endpoint->host, "", error);
    if (error || found.empty()) return "listen: " + endpoint->host + " cannot be resolved: " + error.message();
    address = found.begin()->endpoint().address();
    for (const auto& one : found)
      if (address.is_v6() && one.endpoint().address().is_v4()) address = one.endpoint().address();
  }
  return ListenAddress{address.to_string(), endpoint->port, address.is_loopback()};
}

}  // namespace muster::app
