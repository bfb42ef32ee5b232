#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::test {

/// What came back for one request.
struct Reply {
  unsigned status = 0;
  std::string head;  ///< status line and headers, without the empty line
  std::string body;

  /// Value of the first header of this name, any case; empty when there is none.
  std::string header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

/// A client that says exactly what it is told, to a loopback port. Every wait ends after `patience` with an exception
/// that says what was waited for.
class Client {
 public:
  static constexpr std::chrono::seconds patience{20};

  /// `receive_buffer`: SO_RCVBUF, to be a slow reader; 0 leaves it to the kernel.
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;

  void send(std::string_view bytes);
  /// False when the server has closed the connection.
  bool try_send(std::string_view bytes);
  /// No more from this side; answers can still be read.
  void shut_down();
  /// As a process that is killed does.
  void reset();

  /// One answer, framed by its Content-Length. `without_body`: the answer to HEAD.
  Reply reply(bool without_body = false);
  Reply get(std::string_view target);
  std::string read_some(std::size_t most = 65536);
  /// All until the server closes.
  std::string read_to_end();
  /// True when the server closed, in order or not, without sending anything more.
  bool is_closed();

 private:
  void wait_for(short events, const char* what) const;
  void fill(const char* what);

  int socket_ = -1;
  std::string buffer_;  ///< received, not yet asked for
};

/// A request with a Host header. `headers` are whole lines.
std::string request(std::string_view method, std::string_view target, std::string_view headers = {},
                    std::string_view body = {});

}  // namespace muster::test
