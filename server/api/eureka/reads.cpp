#include "server/api/eureka/reads.hpp"

#include <charconv>

#include "proto/model/ascii.hpp"
#include "server/api/content.hpp"

namespace muster::api::eureka {
namespace {

constexpr std::string_view vary_header = "Vary: Accept, Accept-Encoding, X-Eureka-Accept\r\n";
constexpr std::size_t uncached = core::Bodies::slots;
/// Looking through so many instances for an id takes some tens of microseconds.
constexpr std::size_t searched_here_max = 5000;

/// Where a service view keeps a form; compact forms are rarely compressed, so they are not kept.
std::size_t service_slot(Form form) {
  if (!form.gzip) return form.index() / 2;
  if (form.shape == Shape::compact) return uncached;
  return form.format == Format::json ? 4 : 5;
}
static_assert(service_eureka_slots == 6);

void append_hexadecimal(std::string& out, std::uint64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  out.append(digits, end);
}

bool has_it(const Reading& reading, const std::string& tag) {
  return !tag.empty() && matches_etag(reading.request, tag);
}

void respond_unchanged(const Reading& reading, const std::string& tag) {
  Response response;
  response.status = 304;
  response.header_lines = vary_header;
  response.add_header("ETag", tag);
  reading.responder->respond(std::move(response));
}

}  // namespace

void respond_empty(Responder& responder, unsigned status) {
  Response response;
  response.status = status;
  responder.respond(std::move(response));
}

void respond_not_ready(Responder& responder) {
  Response response;
  response.status = 503;
  response.add_header("Retry-After", "1");
  responder.respond(std::move(response));
}

void respond_document(const Reading& reading, const DocumentPtr& document, std::chrono::milliseconds age) {
  if (!document) {  // too much is under way, or memory is short
    Response busy;
    busy.status = 503;
    busy.add_header("Retry-After", "1");
    return reading.responder->respond(std::move(busy));
  }
  if (has_it(reading, document->tag)) return respond_unchanged(reading, document->tag);
  Response response;
  response.content_type = media_type(document->form.format);
  response.header_lines = vary_header;
  if (document->form.gzip) response.add_header("Content-Encoding", "gzip");
  if (!document->tag.empty()) response.add_header("ETag", document->tag);
  if (age.count() > 0) response.add_header("X-Muster-Age-Ms", std::to_string(age.count()));
  Document::attach(document, response);
  reading.responder->respond(std::move(response));
}

Reads::Reads(Registry& registry, Background& background, const Settings& settings, Clock clock)
    : registry_(registry),
      background_(background),
      settings_(settings),
      clock_(std::move(clock)),
      alive_(std::make_shared<bool>(true)) {
  append_hexadecimal(boot_, static_cast<std::uint64_t>(registry_.wall_ms()));
  for (const Format format : {Format::json, Format::xml}) {
    for (const Shape shape : {Shape::full, Shape::compact}) {
      for (const bool gzip : {false, true}) {
        const Form form{format, shape, gzip};
        full_[form.index()] = std::make_unique<LiveDocument>(form, background_, costs_, clock_);
        delta_[form.index()] = std::make_unique<LiveDocument>(form, background_, list_costs_, clock_);
      }
    }
  }
}

std::string Reads::tag(char kind, std::uint64_t revision, std::uint64_t more, Form form) const {
  std::string tag = "\"" + boot_ + "-" + kind;
  append_hexadecimal(tag, revision);
  tag.push_back('.');
  append_hexadecimal(tag, more);
  tag.push_back('.');
  tag.push_back(static_cast<char>('0' + form.index()));
  tag.push_back('"');
  return tag;
}

void Reads::read_live(Live& live, Reading reading, LiveDocument::Source source) {
  if (has_it(reading, source.tag)) return respond_unchanged(reading, source.tag);
  LiveDocument& document = *live[reading.form.index()];
  document.read(std::move(source),
                [reading = std::move(reading)](const DocumentPtr& read, std::chrono::milliseconds age) {
                  respond_document(reading, read, age);
                });
}

void Reads::drop_idle() {
  const auto now = clock_();
  for (const Live* live : {&full_, &delta_})
    for (const auto& document : *live) document->drop_if_idle(now);
}

void Reads::registry(Reading reading) {
  drop_idle();
  registry_.registry([this, reading = std::move(reading)](core::RegistryViewPtr view) mutable {
    const Form form = reading.form;
    LiveDocument::Source source;
    source.tag = tag('r', view->revision, view->size, form);
    source.work = work_for(*view, form, costs_.too_much(form));
    source.encode = [view, form, own_id = settings_.own_id, tag = source.tag] {
      return encode_registry(*view, form, own_id, tag);
    };
    read_live(full_, std::move(reading), std::move(source));
  });
}

void Reads::delta(Reading reading) {
  drop_idle();
  std::chrono::milliseconds age{0};
  if (const DocumentPtr recent = delta_[reading.form.index()]->recent(age))
    return respond_document(reading, recent, age);
  registry_.delta([this, reading = std::move(reading)](core::DeltaViewPtr view) mutable {
    const Form form = reading.form;
    LiveDocument::Source source;
    // Entries leave at the front without a new revision; then there are fewer.
    source.tag = tag('d', view->registry->revision, view->entries.size(), form);
    source.work = work_for(view->entries, list_costs_.too_much(form));
    source.encode = [view, form, own_id = settings_.own_id, tag = source.tag] {
      return encode_delta(*view, form, own_id, tag);
    };
    read_live(delta_, std::move(reading), std::move(source));
  });
}

void Reads::service(Reading reading, std::string_view app) {
  registry_.service(model::to_lower(app), [this, reading = std::move(reading)](core::ServiceViewPtr view) mutable {
    if (!view) return respond_empty(*reading.responder, 404);
    read_service(std::move(reading), std::move(view));
  });
}

void Reads::read_service(Reading reading, core::ServiceViewPtr view) {
  if (reading.form.gzip && work_for(*view, reading.form, gzip_pays_from) < gzip_pays_from)
    reading.form = reading.form.plain();
  const Form form = reading.form;
  std::string its_tag = tag('s', view->revision, view->hash.low, form);
  if (has_it(reading, its_tag)) return respond_unchanged(reading, its_tag);
  const std::size_t slot = service_slot(form);
  if (slot != uncached) {
    if (const auto kept = std::static_pointer_cast<const Document>(view->bodies.find(slot)))
      return respond_document(reading, kept, std::chrono::milliseconds(0));
  }
  const std::size_t work = work_for(*view, form, costs_.too_much(form));
  encode_exactly(std::move(reading), work, [view, form, slot, own_id = settings_.own_id, tag = std::move(its_tag)] {
    if (slot == uncached) return encode_service(*view, form, own_id, tag);
    // Whoever asked for the same meanwhile may have been served first.
    core::Bodies::Value kept = view->bodies.find(slot);
    if (!kept) kept = view->bodies.put(slot, encode_service(*view, form, own_id, tag));
    return std::static_pointer_cast<const Document>(kept);
  });
}

void Reads::picked_by_vip(Reading reading, std::string_view name, bool secure) {
  auto done = [this, reading = std::move(reading), vip = std::string(name),
               secure](std::vector<core::ServiceViewPtr> services) mutable {
    const std::size_t work = work_for(services, list_costs_.too_much(reading.form));
    if (work < gzip_pays_from) reading.form = reading.form.plain();
    const Form form = reading.form;
    encode_exactly(std::move(reading), work,
                   [services = std::move(services), vip = std::move(vip), secure, form, own_id = settings_.own_id] {
                     return encode_picked(core::pick_vip(services, vip, secure), form, own_id);
                   });
  };
  registry_.services_of_vip(std::string(name), secure, std::move(done));
}

/// Never an older state: what is too much for the loop is awaited.
void Reads::encode_exactly(Reading reading, std::size_t work, std::function<DocumentPtr()> encode) {
  const std::chrono::milliseconds no_age{0};
  if (costs_.estimate(reading.form, work) <= inline_max) return respond_document(reading, encode(), no_age);
  auto document = std::make_shared<DocumentPtr>();
  const bool taken = background_.run(
      [document, encode = std::move(encode)] {
        try {
          *document = encode();
        } catch (const std::exception&) {
          *document = nullptr;  // out of memory, in practice; the reader is told to come again
        }
      },
      [document, reading, alive = std::weak_ptr<bool>(alive_), no_age] {
        if (!alive.expired()) respond_document(reading, *document, no_age);
      });
  if (!taken) respond_document(reading, nullptr, no_age);
}

void Reads::instance(Reading reading, core::Key key) {
  core::CallerPtr caller = reading.request.caller;
  registry_.execute(std::move(caller), core::ReadInstance{std::move(key)},
                    [this, reading = std::move(reading)](const core::Outcome& outcome) {
                      if (!outcome.state.entry) return respond_empty(*reading.responder, 404);
                      respond_instance(reading, outcome.state, settings_.own_id, 200);
                    });
}

void Reads::by_id(Reading reading, std::string_view id) {
  registry_.registry([this, reading = std::move(reading), wanted = std::string(id)](core::RegistryViewPtr view) {
    const auto answer = [this, reading](const core::EntryPtr& found) {
      if (!found) return respond_empty(*reading.responder, 404);
      instance(reading, core::Key{*found->service, found->id});
    };
    if (view->size <= searched_here_max) return answer(core::find_id(*view, wanted));
    auto found = std::make_shared<core::EntryPtr>();
    const bool taken = background_.run([view, wanted, found] { *found = core::find_id(*view, wanted); },
                                       [found, answer, alive = std::weak_ptr<bool>(alive_)] {
                                         if (!alive.expired()) answer(*found);
                                       });
    if (!taken) respond_document(reading, nullptr, {});
  });
}

void Reads::respond_instance(const Reading& reading, const core::InstanceState& state, std::string_view own_id,
                             unsigned status) {
  EntryWriter writer(own_id);
  Response response;
  response.status = status;
  response.content_type = media_type(reading.form.format);
  response.header_lines = vary_header;
  writer.write_single(response.text, state, reading.form.format);
  if (reading.form.gzip && response.text.size() >= gzip_pays_from) {
    response.text = gzip(response.text);
    response.add_header("Content-Encoding", "gzip");
  }
  reading.responder->respond(std::move(response));
}

}  // namespace muster::api::eureka
