#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "server/api/http.hpp"
#include "server/net/coarse_clock.hpp"
#include "server/net/limits.hpp"
#include "server/net/poller.hpp"
#include "server/net/request_reader.hpp"
#include "server/net/response_writer.hpp"
#include "server/net/unsent_bodies.hpp"
#include "server/net/upgrade.hpp"

namespace muster::net {

class Session;
using SessionPtr = boost::intrusive_ptr<Session>;

/// What the sessions of one server share. Owned by the server, which closes all sessions before it goes.
struct Host {
  Host(boost::asio::io_context& io, api::Handler& request_handler, Limits initial)
      : loop(io), handler(request_handler), limits(initial), poller(std::make_shared<Poller>(io)) {}
  virtual ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  boost::asio::io_context& loop;
  api::Handler& handler;
  Limits limits;
  std::shared_ptr<Poller> poller;
  Stats stats;
  UnsentBodies unsent;
  CoarseClock clock;
  bool draining = false;
  Upgrades* upgrades = nullptr;  ///< who takes the links of other nodes, if anybody

  /// Takes the session out of the server's list, which may end its life.
  virtual void session_closed(Session& session) = 0;
  /// More is unsent than Limits::unsent_bytes. Acts later, from the loop.
  virtual void make_space() = 0;
  virtual void report(const std::string& sentence) = 0;
};

/// One connection. Serves one request at a time, in order.
///
/// References are counted: the server's list holds one while the connection is open, and a handler that has not
/// answered yet one. So a session whose connection died lives on, closed, until its last answer came, and drops it.
class Session final : public api::Responder,
                      public Poller::Watched,
                      public boost::intrusive_ref_counter<Session, boost::thread_unsafe_counter>,
                      public boost::intrusive::list_base_hook<> {
 public:
  /// Owns `descriptor`, which the host's poller watches for it. `counted`: it is one of those that Stats::open counts;
  /// a refused connection is not.
  Session(Host& host, int descriptor, core::CallerPtr caller, bool counted);

  void serve();
  /// Answers 503 and closes without waiting for a request.
  void refuse();

  void respond(api::Response response) override;
  void on_ready(Poller::Ready ready) override;

  /// Called each tick: acts when the deadline has passed.
  void check_deadline();
  /// Closes if no request has begun; otherwise the answer to the present one will be the last.
  void drain();
  /// At once. Does nothing on a closed session.
  void close();

  /// Ends the connection without waiting for its reader.
  void cut();

  bool counted() const { return counted_; }
  /// Stands for the body that its reader has not taken yet; null: it waits for none.
  const void* unsent_body() const { return unsent_; }
  CoarseClock::Duration writing_since() const { return writing_since_; }

 private:
  enum class Phase : std::uint8_t {
    idle,    ///< between requests
    header,  ///< from the first byte of a request
    body,
    handling,   ///< the handler has it
    writing,    ///< the reader is slower than we are
    yielding,   ///< requests wait in the buffer for the next turn of the loop
    lingering,  ///< everything is said; what the client still sends is thrown away, so that it gets to read the answer
    closed,
  };

  void enter(Phase phase);
  bool wants_input() const { return phase_ == Phase::idle || phase_ == Phase::header || phase_ == Phase::body; }
  void take_input();
  void take_input_later();
  bool receive();
  bool discard();
  void process();
  void go_on();
  void go_on_later();
  void hand_over();
  void upgrade();
  void expect_more();
  void send_continue();
  void fail(unsigned status, std::string_view detail);
  void send(api::Response response, bool keep_alive);
  void write();
  void write_later();
  bool reads_too_slowly();
  void cut_as_too_slow();
  void count_unsent(const void* body);
  void finish_response();
  void linger();
  int leave();
  std::size_t unacknowledged();

  Host* host_;      ///< null once closed
  int descriptor_;  ///< -1 once closed
  RequestReader reader_;
  ResponseWriter writer_;
  CoarseClock::Duration deadline_{0};
  std::size_t unacknowledged_ = 0;  ///< when the write deadline was set
  CoarseClock::Duration writing_since_{0};
  const void* unsent_ = nullptr;
  Phase phase_ = Phase::idle;
  const bool counted_;
  bool readable_ = false;    ///< there may be input that was not read yet
  bool ended_ = false;       ///< behind the input is its end: a read tells
  bool answer_due_ = false;  ///< the handler has yet to call respond()
  bool inside_handler_ = false;
  bool closing_ = false;  ///< the response in hand is the last
  bool failed_ = false;   ///< the session stopped understanding the client
};

}  // namespace muster::net
