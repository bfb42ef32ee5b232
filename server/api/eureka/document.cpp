#include "server/api/eureka/document.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>

namespace muster::api::eureka {
namespace {

using namespace std::string_view_literals;

// Magic, deflate, no flags, no time, "fastest compression", unknown system (RFC 1952).
constexpr std::string_view gzip_header = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"sv;
// An empty block with the fixed code, marked as the last (RFC 1951).
constexpr std::string_view last_block = "\x03\x00"sv;
constexpr std::size_t stored_block_max = 65'535;

void append_little_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xffu));
}

}  // namespace

std::shared_ptr<const Document> Document::of(Form form, std::string bytes, std::string tag, std::size_t work) {
  auto document = std::make_shared<Document>();
  document->form = form;
  document->tag = std::move(tag);
  document->work = work;
  document->text_ = std::move(bytes);
  document->text_.shrink_to_fit();
  document->parts_.push_back(document->text_);
  document->size_ = document->text_.size();
  return document;
}

void Document::attach(const std::shared_ptr<const Document>& document, Response& response) {
  response.shared.reserve(document->parts_.size());
  // One owner for all parts spares an atomic count for each of them, for each reader.
  std::shared_ptr<const void> owner = document;
  for (const std::string_view part : document->parts_) response.shared.push_back({std::move(owner), part});
}

DocumentBuilder::DocumentBuilder(Form form) : document_(std::make_shared<Document>()) {
  document_->form = form;
  if (form.gzip) append_raw(gzip_header);
}

void DocumentBuilder::append_raw(std::string_view bytes) {
  if (bytes.empty()) return;
  std::string& text = document_->text_;
  if (parts_.empty() || parts_.back().run != nullptr) parts_.push_back({nullptr, text.size(), 0});
  parts_.back().length += bytes.size();
  text += bytes;
}

void DocumentBuilder::add_checksum(std::uint32_t crc, std::size_t length) {
  crc_ = static_cast<std::uint32_t>(crc32_combine(crc_, crc, static_cast<z_off_t>(length)));
  plain_size_ += length;
}

void DocumentBuilder::flush_text() {
  if (pending_.empty()) return;
  if (!document_->form.gzip) {
    append_raw(pending_);
    pending_.clear();
    return;
  }
  for (std::string_view left = pending_; !left.empty();) {
    const std::string_view block = left.substr(0, stored_block_max);
    left.remove_prefix(block.size());
    const auto length = static_cast<std::uint32_t>(block.size());
    std::string head(1, '\0');  // not the last, stored; runs end on a byte border, so nothing needs padding
    append_little_endian(head, length, 2);
    append_little_endian(head, ~length, 2);
    append_raw(head);
    append_raw(block);
  }
  add_checksum(libdeflate_crc32(0, pending_.data(), pending_.size()), pending_.size());
  pending_.clear();
}

void DocumentBuilder::run(RunPtr run) {
  flush_text();
  if (document_->form.gzip) add_checksum(run->crc, run->plain_size);
  parts_.push_back({run.get(), 0, run->bytes.size()});
  document_->runs_.push_back(std::move(run));
}

DocumentPtr DocumentBuilder::finish(std::string tag, std::size_t work) {
  flush_text();
  if (document_->form.gzip) {
    std::string tail(last_block);
    append_little_endian(tail, crc_, 4);
    append_little_endian(tail, static_cast<std::uint32_t>(plain_size_), 4);  // modulo 2^32, as RFC 1952 wants
    append_raw(tail);
  }
  document_->tag = std::move(tag);
  document_->work = work;
  document_->parts_.reserve(parts_.size());
  for (const Part& part : parts_) {
    const std::string_view bytes = part.run != nullptr
                                       ? std::string_view(part.run->bytes)
                                       : std::string_view(document_->text_).substr(part.begin, part.length);
    document_->parts_.push_back(bytes);
    document_->size_ += bytes.size();
  }
  return std::move(document_);
}

}  // namespace muster::api::eureka
