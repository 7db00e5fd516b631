#include "base/tracer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tollgate {
namespace {

constexpr std::size_t kTextBytesMax = 256;
constexpr std::uint64_t kMillion = 1'000'000;
// Less than this is noise between the two clocks; more means that one was set.
constexpr std::int64_t kClocksApartNs = 50'000'000;

std::int64_t wall_ns(Clock& clock) {
    return clock.now().ms * 1'000'000;
}

// All zero stands for "none", which is no id.
void draw_id(Entropy& entropy, std::span<std::uint8_t> id) {
    entropy.fill(id);
    if (std::ranges::all_of(id, [](std::uint8_t byte) { return byte == 0; })) id.back() = 1;
}

// Paths come from anybody; an id of ours is short and plain.
bool is_id(std::string_view text, std::string_view begins) {
    constexpr std::size_t kIdBytesMax = 64;
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !begins.empty() && text.starts_with(begins) && text.size() <= kIdBytesMax &&
           std::ranges::all_of(text, is_plain);
}

std::string name_of_request(std::string_view method, std::string_view route) {
    std::string name(method);
    if (!route.empty()) name.append(" ").append(route);
    return name;
}

}  // namespace

struct Span::Open {
    Open(Tracer& of, SpanRecord as_begun, std::chrono::nanoseconds at)
        : tracer(of), record(std::move(as_begun)), began(at) {}
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open() {
        if (ended) return;
        record.failed = true;
        record.attributes.push_back({"error.type", "abandoned"});
        tracer.finish(*this);
    }

    Tracer& tracer;
    SpanRecord record;
    const std::chrono::nanoseconds began;
    std::string request_id = {};  // Of a request's.
    bool ended = false;
};

const TraceContext* Span::context() const {
    return open_ == nullptr ? nullptr : &open_->record.context;
}

void Span::add(std::string_view name, std::string_view value) {
    if (open_ == nullptr || open_->ended || value.empty()) return;
    open_->record.attributes.push_back({name, std::string(value.substr(0, kTextBytesMax))});
}

void Span::add(std::string_view name, std::int64_t value) {
    if (open_ == nullptr || open_->ended) return;
    open_->record.attributes.push_back({name, value});
}

void Span::fail(std::string_view type) {
    if (open_ == nullptr || open_->ended) return;
    open_->record.failed = true;
    add("error.type", type);
}

void Span::end() {
    if (open_ == nullptr || open_->ended) return;
    open_->ended = true;
    open_->tracer.finish(*open_);
}

void Tracer::Memory::put(std::string_view id, Known known, std::size_t max) {
    forget(id);
    entries_.push_back({std::string(id), std::move(known)});
    places_.emplace(entries_.back().id, std::prev(entries_.end()));
    if (entries_.size() > max) forget(entries_.front().id);
}

void Tracer::Memory::forget(std::string_view id) {
    const auto found = places_.find(id);
    if (found == places_.end()) return;
    const auto entry = found->second;
    places_.erase(found);  // First: its key is the entry's.
    entries_.erase(entry);
}

Tracer::Known* Tracer::Memory::find(std::string_view id) {
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : &found->second->known;
}

Tracer::Tracer(Options options, Clock& clock, Random& random, Entropy& entropy)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      entropy_(entropy),
      wall_ahead_ns_(wall_ns(clock) - clock.monotonic().count()) {}

Span Tracer::begin_request(const Incoming& request) {
    const bool is_root = !request.parent;
    if (is_root && !drawn()) {
        // Its sender may have used the id before.
        const std::lock_guard lock(mutex_);
        requests_.forget(request.request_id);
        return {};
    }
    TraceContext context = is_root ? new_trace() : *request.parent;
    draw_id(entropy_, context.span_id);
    Span span =
        start(SpanKind::server, name_of_request(request.method, request.route), context,
              is_root ? std::nullopt : std::optional(request.parent->span_id), request.began);
    span.open_->request_id = request.request_id;
    Known known{.context = std::move(context)};
    for (const std::string& capture : request.captures) {
        if (is_id(capture, options_.payment_ids_begin)) known.payment_id = capture;
    }
    const std::lock_guard lock(mutex_);
    requests_.put(request.request_id, std::move(known), options_.remembered_max);
    return span;
}

Span Tracer::begin_call(const Outgoing& call) {
    const auto parent = parent_of(call);
    if (!parent && !drawn()) return {};
    TraceContext context = parent ? *parent : new_trace();
    draw_id(entropy_, context.span_id);
    remember_call(call, parent ? *parent : context);
    return start(call.kind, std::string(call.name), std::move(context),
                 parent ? std::optional(parent->span_id) : std::nullopt, clock_.monotonic());
}

std::optional<TraceContext> Tracer::parent_of(const Outgoing& call) {
    const std::lock_guard lock(mutex_);
    const Known* known = requests_.find(call.request_id);
    if (known == nullptr) known = payments_.find(call.payment_id);
    return known == nullptr ? std::nullopt : std::optional(known->context);
}

// So that what follows from it (the next call of the same errand, an event) joins its trace.
void Tracer::remember_call(const Outgoing& call, const TraceContext& context) {
    const std::lock_guard lock(mutex_);
    if (!call.request_id.empty() && requests_.find(call.request_id) == nullptr) {
        requests_.put(call.request_id, {.context = context}, options_.remembered_max);
    }
    note_locked(call.request_id, call.payment_id);
}

void Tracer::note_payment(std::string_view request_id, std::string_view payment_id) {
    const std::lock_guard lock(mutex_);
    note_locked(request_id, payment_id);
}

void Tracer::note_locked(std::string_view request_id, std::string_view payment_id) {
    Known* const known = requests_.find(request_id);
    if (known == nullptr || payment_id.empty()) return;
    known->payment_id = payment_id;
    const Known* const before = payments_.find(payment_id);
    if (before != nullptr && before->context.trace_id != known->context.trace_id) {
        known->link = before->context;
    }
    payments_.put(payment_id, {.context = known->context}, options_.remembered_max);
}

std::string Tracer::trace_id_of(std::string_view request_id) const {
    TraceContext::TraceId id{};
    {
        const std::lock_guard lock(mutex_);
        const Known* const known = requests_.find(request_id);
        if (known == nullptr) return {};
        id = known->context.trace_id;
    }
    return id_text(id);
}

std::vector<SpanRecord> Tracer::take(std::size_t limit) {
    const std::lock_guard lock(mutex_);
    const auto count = static_cast<std::ptrdiff_t>(std::min(limit, waiting_.size()));
    std::vector<SpanRecord> taken(std::move_iterator(waiting_.begin()),
                                  std::move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    return taken;
}

void Tracer::wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    worth_sending_.wait_for(lock, patience, [this] { return woken_; });
    woken_ = false;
}

void Tracer::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    worth_sending_.notify_all();
}

bool Tracer::drawn() {
    return options_.sample_per_million > 0 &&
           random_.below(kMillion) < static_cast<std::uint64_t>(options_.sample_per_million);
}

TraceContext Tracer::new_trace() {
    TraceContext context;
    context.sampled = true;
    draw_id(entropy_, context.trace_id);
    return context;
}

Span Tracer::start(SpanKind kind, std::string name, TraceContext context,
                   const std::optional<TraceContext::SpanId>& parent,
                   std::chrono::nanoseconds began) {
    SpanRecord record{.context = std::move(context),
                      .parent = parent,
                      .link = std::nullopt,
                      .kind = kind,
                      .name = std::move(name),
                      .began_ns = unix_ns(began)};
    return Span(std::make_shared<Span::Open>(*this, std::move(record), began));
}

// The wall clock names whole milliseconds and may be set; spans of one trace must not seem to begin
// before their parents. So it is the monotonic clock that they are timed by.
std::int64_t Tracer::unix_ns(std::chrono::nanoseconds monotonic) {
    const std::int64_t ahead = wall_ns(clock_) - clock_.monotonic().count();
    const std::int64_t known = wall_ahead_ns_.load(std::memory_order_relaxed);
    if (std::abs(ahead - known) < kClocksApartNs) return monotonic.count() + known;
    wall_ahead_ns_.store(ahead, std::memory_order_relaxed);
    return monotonic.count() + ahead;
}

void Tracer::finish(Span::Open& open) {
    SpanRecord& record = open.record;
    record.ended_ns = record.began_ns + (clock_.monotonic() - open.began).count();
    if (!record.context.sampled) return;
    const std::lock_guard lock(mutex_);
    const Known* const known = requests_.find(open.request_id);
    // Another request may have come under the same id.
    if (known != nullptr && known->context.span_id == record.context.span_id) {
        if (!known->payment_id.empty()) {
            record.attributes.push_back(
                {"tollgate.payment_id", known->payment_id.substr(0, kTextBytesMax)});
        }
        record.link = known->link;
    }
    if (waiting_.size() >= options_.waiting_max) return count_dropped(1);
    waiting_.push_back(std::move(record));
    if (waiting_.size() != kWorthSending) return;
    woken_ = true;
    worth_sending_.notify_all();
}

}  // namespace tollgate
