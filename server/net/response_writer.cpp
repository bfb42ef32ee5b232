#include "server/net/response_writer.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

#include "server/net/status.hpp"

namespace muster::net {
namespace {

// Copying this much is cheaper than a second entry in a gathering call.
constexpr std::size_t short_text = 2048;
// The memory of one long set of headers is not kept for the life of the connection.
constexpr std::size_t kept_head = 8192;

void append_number(std::string& out, std::size_t number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

}  // namespace

void ResponseWriter::start(api::Response response, Form form, std::string_view date) {
  response_ = std::move(response);
  part_ = offset_ = written_ = 0;
  compose_head(form, date);
}

void ResponseWriter::compose_head(Form form, std::string_view date) {
  const bool bodiless = response_.status == 204 || response_.status == 304;
  const std::size_t body = response_.body_size();
  head_.assign(status_line(response_.status));
  head_.append("Date: ").append(date).append("\r\n");
  if (!response_.content_type.empty()) head_.append("Content-Type: ").append(response_.content_type).append("\r\n");
  head_.append(response_.header_lines);
  if (!bodiless) {
    head_.append("Content-Length: ");
    append_number(head_, body);
    head_.append("\r\n");
  }
  if (!form.keep_alive) {
    head_.append("Connection: close\r\n");
  } else if (form.http_1_0) {
    head_.append("Connection: keep-alive\r\n");
  }
  head_.append("\r\n");
  with_body_ = !bodiless && !form.without_body && body > 0;
  if (with_body_ && response_.shared.empty() && response_.text.size() <= short_text) {
    head_.append(response_.text);
    with_body_ = false;
  }
}

std::string_view ResponseWriter::part(std::size_t index) const {
  if (index == 0) return head_;
  if (index == 1) return response_.text;
  return response_.shared[index - 2].bytes;
}

ResponseWriter::Progress ResponseWriter::write(int descriptor) {
  for (;;) {
    std::array<iovec, IOV_MAX> pieces;  // Filled as far as needed.
    std::size_t count = 0;
    std::size_t offered = 0;
    for (std::size_t index = part_; index < parts() && count < pieces.size(); ++index) {
      const std::string_view bytes = part(index).substr(index == part_ ? offset_ : 0);
      if (bytes.empty()) continue;
      pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};  // The kernel only reads them.
      offered += bytes.size();
    }
    if (count == 0) return Progress::done;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    const ssize_t taken = count == 1 ? ::send(descriptor, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL)
                                     : ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Progress::blocked : Progress::broken;
    }
    const auto bytes = static_cast<std::size_t>(taken);
    if (take(bytes)) return Progress::done;
    if (bytes < offered) return Progress::blocked;  // The socket is full: another call would only say so.
  }
}

/// Moves on; true at the end.
bool ResponseWriter::take(std::size_t bytes) {
  written_ += bytes;
  while (part_ < parts()) {
    const std::size_t left = part(part_).size() - offset_;
    if (bytes < left) {
      offset_ += bytes;
      return false;
    }
    bytes -= left;
    offset_ = 0;
    ++part_;
  }
  return true;
}

const void* ResponseWriter::body() const {
  if (!with_body_) return nullptr;
  return response_.shared.empty() ? response_.text.data() : response_.shared.front().owner.get();
}

void ResponseWriter::clear() {
  response_ = {};
  if (head_.capacity() > kept_head) std::string().swap(head_);
}

}  // namespace muster::net
