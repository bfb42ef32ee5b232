#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/eureka/run.hpp"
#include "server/api/http.hpp"

namespace muster::api::eureka {

/// A finished body: runs with a little text between them. Immutable and shared, so any number of answers may be under
/// way from one document; it dies with the last of them.
class Document {
 public:
  Form form;
  std::string tag;       ///< strong entity tag with its quotes; empty: none
  std::size_t work = 0;  ///< what had to be encoded anew for it, see work_of()

  std::size_t size() const { return size_; }

  /// One piece, already in the coding that `form` names.
  static std::shared_ptr<const Document> of(Form form, std::string bytes, std::string tag, std::size_t work);

  /// Puts the body into `response`; the bytes are kept alive by the first part, and nothing is copied.
  static void attach(const std::shared_ptr<const Document>& document, Response& response);

 private:
  friend class DocumentBuilder;
  std::vector<RunPtr> runs_;
  std::string text_;
  std::vector<std::string_view> parts_;
  std::size_t size_ = 0;
};
using DocumentPtr = std::shared_ptr<const Document>;

/// Puts a document together. Compressed, it is one gzip member: text goes into stored blocks, runs are the blocks that
/// they are, and the checksum is combined from theirs.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(Form form);

  void text(std::string_view text) { pending_ += text; }
  std::string& text() { return pending_; }
  void run(RunPtr run);

  DocumentPtr finish(std::string tag, std::size_t work);

 private:
  struct Part {
    const Run* run = nullptr;  ///< null: a piece of the text
    std::size_t begin = 0;
    std::size_t length = 0;
  };
  void flush_text();
  void append_raw(std::string_view bytes);
  void add_checksum(std::uint32_t crc, std::size_t length);

  std::shared_ptr<Document> document_;
  std::vector<Part> parts_;
  std::string pending_;
  std::uint32_t crc_ = 0;
  std::size_t plain_size_ = 0;
};

}  // namespace muster::api::eureka
