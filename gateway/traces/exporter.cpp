#include "gateway/traces/exporter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "callbacks/answer_table.h"

namespace tollgate::gateway::traces {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kFirstPause{1'000};
constexpr milliseconds kLook{50};  // How often a deadline is looked at.
constexpr std::size_t kReplyBytesMax = std::size_t{64} * 1024;

// What OTLP says is worth another try; every other refusal would be repeated.
bool is_for_now(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

Exporter::Exporter(Options options, Seams seams)
    : options_(std::move(options)),
      seams_(seams),
      deadline_ns_(std::numeric_limits<std::int64_t>::max()) {}

milliseconds Exporter::run_once() {
    const auto now = seams_.clock.monotonic();
    if (now < not_before_) {
        return std::max(duration_cast<milliseconds>(not_before_ - now), milliseconds(1));
    }
    for (;;) {
        if (batch_.empty()) {
            batch_ = seams_.tracer.take(kBatchMax);
            tries_ = 0;
        }
        if (batch_.empty()) return kBeat;
        ++tries_;
        const Outcome outcome = send();
        if (outcome == Outcome::not_now) {
            if (tries_ >= kTriesMax) drop(std::exchange(batch_, {}).size());
            const milliseconds wait = pause();
            not_before_ = seams_.clock.monotonic() + wait;
            return wait;
        }
        if (outcome == Outcome::refused) drop(batch_.size());
        batch_.clear();
    }
}

void Exporter::flush(nanoseconds deadline) {
    hurry(deadline);
    bool away = false;  // For one batch is for all.
    for (;;) {
        if (batch_.empty()) batch_ = seams_.tracer.take(kBatchMax);
        if (batch_.empty()) return;
        away = away || seams_.clock.monotonic() >= deadline || send() != Outcome::taken;
        if (away) drop(batch_.size());
        batch_.clear();
    }
}

void Exporter::hurry(nanoseconds deadline) {
    deadline_ns_ = deadline.count();
    http_.wake();
}

Exporter::Outcome Exporter::send() {
    return read(post(otlp_json(batch_, options_.resource)));
}

Result<transport::ClientReply> Exporter::post(std::string body) {
    transport::ClientRequest request{.url = options_.endpoint + "/v1/traces",
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = std::move(body)};
    if (!options_.authorization.reveal().empty()) {
        request.headers.emplace_back("Authorization", options_.authorization.reveal());
    }
    request.total_timeout = kPatience;
    request.reply_bytes_max = kReplyBytesMax;
    request.keep_only_start = true;
    request.fresh_connection = false;  // A span that comes twice is one span.
    std::optional<Result<transport::ClientReply>> outcome;
    http_.start(std::move(request), [&outcome](Result<transport::ClientReply> reply) {
        outcome.emplace(std::move(reply));
    });
    while (!outcome) {
        http_.run_once(kLook);
        if (seams_.clock.monotonic().count() >= deadline_ns_) http_.cancel_all();
    }
    return *std::move(outcome);
}

Exporter::Outcome Exporter::read(const Result<transport::ClientReply>& reply) {
    asked_to_wait_.reset();
    if (!reply) {
        say(false, reply.error().message());
        return Outcome::not_now;
    }
    const bool taken = reply->status >= 200 && reply->status < 300;
    say(taken, "HTTP " + std::to_string(reply->status));
    if (taken) {
        const std::size_t rejected = std::min(rejected_spans(reply->body), batch_.size());
        if (rejected > 0) drop(rejected);
        seams_.tracer.count_exported(batch_.size() - rejected);
        return Outcome::taken;
    }
    if (!is_for_now(reply->status)) return Outcome::refused;
    if (const auto wait = transport::find_header(reply->headers, "retry-after")) {
        asked_to_wait_ = callbacks::parse_retry_after(*wait, seams_.clock.now());
    }
    return Outcome::not_now;
}

// Doubles with each failure and is stretched by up to a fifth, so that gateways that lost their
// collector together do not come back to it together.
milliseconds Exporter::pause() {
    milliseconds wait = kFirstPause;
    for (int i = 1; i < failures_ && wait < kPauseMax; ++i) wait *= 2;
    wait = std::max(wait, asked_to_wait_.value_or(milliseconds(0)));
    wait = std::min(wait, kPauseMax);
    const auto stretch = static_cast<std::uint64_t>(wait.count() / 5);
    return wait + milliseconds(seams_.random.below(stretch + 1));
}

void Exporter::drop(std::size_t spans) {
    seams_.tracer.count_dropped(spans);
}

// Once when it fails, and once when it works again.
void Exporter::say(bool taken, std::string_view why) {
    failures_ = taken ? 0 : failures_ + 1;
    if (std::exchange(works_, taken) == taken) return;
    if (taken) return seams_.log.info("traces.taken_again");
    seams_.log.warning("traces.not_taken", {{"endpoint", options_.endpoint}, {"reason", why}});
}

}  // namespace tollgate::gateway::traces
