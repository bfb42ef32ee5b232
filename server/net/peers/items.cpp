#include "server/net/peers/items.hpp"

#include <utility>

namespace muster::net {
namespace {

void append_head(std::string& to, std::size_t size) {
  for (unsigned shift = 0; shift < 8 * item_head_bytes; shift += 8) to += static_cast<char>((size >> shift) & 0xff);
}

}  // namespace

std::optional<std::string_view> ItemReader::next() {
  if (rest_.size() < item_head_bytes) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t place = item_head_bytes; place > 0; --place)
    size = size << 8 | static_cast<unsigned char>(rest_[place - 1]);
  if (size > item_limit_ || size > rest_.size() - item_head_bytes) return std::nullopt;
  const std::string_view item = rest_.substr(item_head_bytes, size);
  rest_.remove_prefix(item_head_bytes + size);
  return item;
}

void Outgoing::add_greeting(std::string bytes) {
  bytes_ += bytes.size() + item_head_bytes;
  greetings_.push_back(std::move(bytes));
}

void Outgoing::add(Message message) {
  bytes_ += message->size() + item_head_bytes;
  queue_.push_back(std::move(message));
}

void Outgoing::append(const std::string& message) {
  append_head(*joined_, message.size());
  *joined_ += message;
}

Outgoing::Batch Outgoing::next() {
  joined_ = std::make_shared<std::string>();
  batch_messages_ = 0;
  Batch batch;
  if (!greetings_.empty()) {
    append(greetings_.front());
    greetings_.pop_front();
  } else if (queue_.front()->size() + item_head_bytes > batch_bytes_max) {
    append_head(*joined_, queue_.front()->size());
    batch.second = *queue_.front();
    // Both parts are kept by one.
    batch.keep = std::make_shared<std::pair<std::shared_ptr<std::string>, Message>>(joined_, queue_.front());
    queue_.pop_front();
    batch_messages_ = 1;
  } else {
    while (!queue_.empty() && joined_->size() + item_head_bytes + queue_.front()->size() <= batch_bytes_max) {
      append(*queue_.front());
      queue_.pop_front();
      ++batch_messages_;
    }
  }
  batch.first = *joined_;
  if (!batch.keep) batch.keep = joined_;
  batch.messages = batch_messages_;
  batch_bytes_ = batch.first.size() + batch.second.size();
  return batch;
}

std::size_t Outgoing::taken() {
  joined_.reset();
  bytes_ -= std::exchange(batch_bytes_, 0);
  return std::exchange(batch_messages_, 0);
}

}  // namespace muster::net
