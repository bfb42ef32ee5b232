#include "server/net/session.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/net/status.hpp"

namespace muster::net {
namespace {

// One connection that always has more must not keep the loop from the others.
constexpr unsigned reads_per_turn = 16;
constexpr unsigned requests_per_turn = 64;
// How long a client may take to read a last answer while it still sends.
constexpr std::chrono::milliseconds linger_time{2'000};
// What a reader has to take on average, once its answer has been under way for longer than the write time-out.
constexpr std::size_t read_pace_min = 64 * 1024;  // bytes a second
constexpr CoarseClock::Duration no_deadline = CoarseClock::Duration::max();

bool is_retryable(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Session::Session(Host& host, int descriptor, core::CallerPtr caller, bool counted)
    : host_(&host), descriptor_(descriptor), reader_(host.limits, std::move(caller)), counted_(counted) {}

void Session::serve() {
  enter(Phase::idle);
}

void Session::refuse() {
  failed_ = true;
  send(refusal(503, {}, {}), false);
}

void Session::enter(Phase phase) {
  phase_ = phase;
  const Limits& limits = host_->limits;
  const CoarseClock& clock = host_->clock;
  switch (phase) {
    case Phase::idle:
      deadline_ = clock.deadline(limits.idle_timeout);
      break;
    case Phase::header:
      deadline_ = clock.deadline(limits.header_timeout);
      break;
    case Phase::body:
      deadline_ = clock.deadline(limits.body_timeout);
      break;
    case Phase::writing:
      deadline_ = clock.deadline(limits.write_timeout);
      unacknowledged_ = unacknowledged();
      break;
    case Phase::lingering:
      deadline_ = clock.deadline(linger_time);
      break;
    case Phase::handling:
    case Phase::yielding:
    case Phase::closed:
      deadline_ = no_deadline;
      break;
  }
}

void Session::on_ready(Poller::Ready ready) {
  const SessionPtr self(this);
  readable_ |= ready.input;
  ended_ |= ready.ended;
  if (ready.output && phase_ == Phase::writing) {
    write();
    if (phase_ == Phase::idle) process();
  }
  take_input();
}

/// Reads what there is, if it is the time for it.
void Session::take_input() {
  for (unsigned reads = 0; readable_ && (wants_input() || phase_ == Phase::lingering); ++reads) {
    if (reads == reads_per_turn) return take_input_later();
    if (!(wants_input() ? receive() : discard())) return close();
  }
}

void Session::take_input_later() {
  boost::asio::post(host_->loop, [self = SessionPtr(this)] { self->take_input(); });
}

/// False at the end of the connection.
bool Session::receive() {
  const std::span<char> room = reader_.room();
  const ssize_t count = ::recv(descriptor_, room.data(), room.size(), 0);
  if (count == 0) return false;
  if (count < 0) {
    readable_ = errno == EINTR;
    return errno == EINTR || is_retryable(errno);
  }
  // Less than there was room for is all that there is: another call would fail.
  readable_ = ended_ || static_cast<std::size_t>(count) == room.size();
  reader_.received(static_cast<std::size_t>(count));
  process();
  return true;
}

bool Session::discard() {
  char scratch[16 * 1024];
  const ssize_t count = ::recv(descriptor_, scratch, sizeof scratch, 0);
  if (count >= 0) return count > 0;
  readable_ = errno == EINTR;
  return errno == EINTR || is_retryable(errno);
}

void Session::process() {
  for (unsigned served = 0; served < requests_per_turn; ++served) {
    switch (reader_.advance()) {
      case RequestReader::Progress::need_more:
        return expect_more();
      case RequestReader::Progress::failed:
        ++host_->stats.malformed;
        return fail(reader_.refusal().status, reader_.refusal().detail);
      case RequestReader::Progress::complete:
        break;
    }
    if (reader_.request().target == peer_path) return upgrade();
    hand_over();
    if (phase_ != Phase::idle) return;  // It will be answered later, or is being written, or was the last.
  }
  if (reader_.started()) go_on_later();
}

void Session::go_on_later() {
  enter(Phase::yielding);
  boost::asio::post(host_->loop, [self = SessionPtr(this)] {
    if (self->phase_ != Phase::yielding) return;
    self->enter(Phase::idle);
    self->process();
    self->take_input();
  });
}

void Session::hand_over() {
  enter(Phase::handling);
  answer_due_ = true;
  intrusive_ptr_add_ref(this);  // The handler's, given back by respond().
  Host& host = *host_;
  ++host.stats.requests;
  inside_handler_ = true;
  try {
    host.handler.handle(reader_.request(), *this);
    inside_handler_ = false;
    return;
  } catch (const std::exception& error) {
    host.report(std::string("a request handler failed, its client got 500: ") + error.what());
  } catch (...) {
    host.report("a request handler failed, its client got 500");
  }
  inside_handler_ = false;
  ++host.stats.handler_exceptions;
  if (!std::exchange(answer_due_, false)) return;
  if (phase_ != Phase::closed) fail(500, "the server failed to handle this request; its log says why");
  intrusive_ptr_release(this);
}

/// The connection stops being one of HTTP: it goes to those who take links of other nodes, or is refused and closed.
void Session::upgrade() {
  const api::Request& request = reader_.request();
  UpgradeRefusal refused = judge_upgrade(request, reader_.http_1_0(), reader_.leftover().size());
  if (refused.status == 0 && !host_->upgrades) refused = {400, "this server takes no links of other nodes"};
  if (refused.status == 0 && (host_->draining || !host_->upgrades->has_room()))
    refused = {503, "this node takes no further links of other nodes at present"};
  if (refused.status != 0) {
    api::Response response = refusal(refused.status, refused.detail, request.target);
    if (refused.status == 426) response.add_header("Upgrade", "websocket").add_header("Connection", "Upgrade");
    if (refused.status == 426) response.add_header("Sec-WebSocket-Version", "13");
    failed_ = true;
    return send(std::move(response), false);
  }
  const SessionPtr self(this);
  UpgradedConnection connection;
  connection.key = request.header("Sec-WebSocket-Key");
  connection.early = reader_.leftover();
  connection.caller = request.caller->address;
  Upgrades& upgrades = *host_->upgrades;
  ++host_->stats.upgraded;
  connection.socket = Descriptor(leave());
  upgrades.take(std::move(connection));
}

void Session::respond(api::Response response) {
  const SessionPtr self(this, false);
  if (!std::exchange(answer_due_, false)) std::terminate();  // Answering twice is a bug that would mix up answers.
  if (phase_ == Phase::closed) return;
  send(std::move(response), reader_.keep_alive());
  // Inside of handle() the loop of process() goes on. Elsewhere the caller's work comes first: handing it the next
  // request from here would call it while it calls us.
  if (inside_handler_ || phase_ != Phase::idle) return;
  if (reader_.started() || readable_) go_on_later();
}

void Session::expect_more() {
  if (reader_.in_body()) {
    if (phase_ != Phase::body) enter(Phase::body);
    if (reader_.take_continue_wanted()) send_continue();
  } else if (reader_.started() && phase_ != Phase::header) {
    enter(Phase::header);
  }
}

void Session::send_continue() {
  constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
  // Nothing else is unsent at this point, so there is room for it.
  if (::send(descriptor_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) close();
}

void Session::fail(unsigned status, std::string_view detail) {
  failed_ = true;
  send(refusal(status, detail, reader_.target_so_far()), false);
}

void Session::send(api::Response response, bool keep_alive) {
  closing_ = !keep_alive || response.close || host_->draining;
  ResponseWriter::Form form;
  form.without_body = reader_.request().method == api::Method::head;
  form.keep_alive = !closing_;
  form.http_1_0 = reader_.http_1_0();
  writer_.start(std::move(response), form, host_->clock.date());
  write();
}

void Session::write() {
  const std::size_t before = writer_.written();
  switch (writer_.write(descriptor_)) {
    case ResponseWriter::Progress::done:
      return finish_response();
    case ResponseWriter::Progress::blocked:
      if (phase_ != Phase::writing) return write_later();
      if (reads_too_slowly()) return cut_as_too_slow();
      if (writer_.written() > before) enter(Phase::writing);
      return;
    case ResponseWriter::Progress::broken:
      return close();
  }
}

/// The reader is slower than we are: from now on its answer takes memory.
void Session::write_later() {
  writing_since_ = host_->clock.now();
  enter(Phase::writing);
  count_unsent(writer_.body());
  if (host_->unsent.bytes() > host_->limits.unsent_bytes) host_->make_space();
}

void Session::count_unsent(const void* body) {
  if (unsent_) host_->unsent.remove(unsent_);
  unsent_ = body;
  if (unsent_) host_->unsent.add(unsent_, writer_.body_bytes());
}

/// Bytes that the kernel holds since the client's side has not confirmed them.
std::size_t Session::unacknowledged() {
  int bytes = 0;
  if (::ioctl(descriptor_, SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::size_t>(bytes);
}

/// Whoever takes a byte now and then would keep an old body alive for hours.
bool Session::reads_too_slowly() {
  const auto elapsed = host_->clock.now() - writing_since_;
  if (elapsed <= host_->limits.write_timeout) return false;
  const std::size_t read = writer_.written() - std::min(unacknowledged(), writer_.written());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  return read < read_pace_min * static_cast<std::size_t>(seconds);
}

void Session::cut_as_too_slow() {
  ++host_->stats.write_timeouts;
  cut();
}

void Session::cut() {
  // Otherwise the kernel would go on holding what this client does not read.
  const ::linger at_once{.l_onoff = 1, .l_linger = 0};
  static_cast<void>(::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  close();
}

void Session::finish_response() {
  writer_.clear();
  count_unsent(nullptr);
  if (closing_ || host_->draining) {  // Draining may have begun after the head went out.
    // Closing while bytes of the client are unread would reset the connection, and it might lose the answer.
    return failed_ || reader_.has_leftover() ? linger() : close();
  }
  reader_.next();
  enter(Phase::idle);
}

void Session::linger() {
  ::shutdown(descriptor_, SHUT_WR);
  enter(Phase::lingering);
  if (readable_) take_input_later();
}

void Session::check_deadline() {
  if (phase_ == Phase::idle) reader_.release_buffer();  // Ten thousand idle connections hold no buffers.
  if (deadline_ >= host_->clock.now()) return;
  switch (phase_) {
    case Phase::header:
      ++host_->stats.header_timeouts;
      return fail(408, "the headers took too long to arrive");
    case Phase::body:
      ++host_->stats.body_timeouts;
      return fail(408, "the body took too long to arrive");
    case Phase::writing:
      // The kernel lets us write on only when a good part of its megabytes is through: a slow line may need longer.
      if (unacknowledged() < unacknowledged_ && !reads_too_slowly()) return enter(Phase::writing);
      return cut_as_too_slow();
    case Phase::idle:
    case Phase::lingering:
      return close();
    case Phase::handling:
    case Phase::yielding:
    case Phase::closed:
      return;
  }
}

void Session::drain() {
  if (phase_ != Phase::idle) return;
  // A request that has arrived but was not read yet is answered.
  char first = 0;
  if (::recv(descriptor_, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) close();
}

void Session::close() {
  if (phase_ == Phase::closed) return;
  ::close(leave());
}

/// Closes the session but not its descriptor, which is the caller's from now on. May end this object's life.
int Session::leave() {
  const SessionPtr self(this);
  enter(Phase::closed);
  writer_.clear();
  count_unsent(nullptr);
  host_->poller->remove(descriptor_, *this);
  const int descriptor = std::exchange(descriptor_, -1);
  if (!answer_due_) reader_.release_buffer();
  std::exchange(host_, nullptr)->session_closed(*this);
  return descriptor;
}

}  // namespace muster::net
