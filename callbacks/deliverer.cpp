#include "callbacks/deliverer.h"

#include <algorithm>

#include "base/utf8.h"

namespace tollgate::callbacks {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{1'000};
constexpr milliseconds kPauseAfterTrouble{1'000};
// How much longer than an attempt its lease lives: the commits before and after it.
constexpr milliseconds kLeaseMargin{5'000};
constexpr std::size_t kReplyBytesMax = 16 * 1024;
constexpr std::size_t kDetailBytesMax = 1024;

// The start of a text that came from outside, made fit for a text column.
std::string excerpt(std::string_view text) {
    std::string kept(text.substr(0, kDetailBytesMax));
    while (!kept.empty() && !is_utf8(kept) && kept.size() + 4 > kDetailBytesMax) kept.pop_back();
    return is_utf8(kept) ? kept : "(" + std::to_string(text.size()) + " bytes that are not text)";
}

}  // namespace

// What the rounds at the writer and the loop share. A round may end after the deliverer is gone.
struct Deliverer::Shared {
    std::mutex mutex;
    std::vector<ledger::DueDelivery> claimed;  // Not yet started.
    bool round_under_way = false;
    bool hinted = true;  // At the start there may be deliveries of an earlier life.
    std::vector<ledger::AttemptResult> not_recorded;  // A round failed with these.
    std::optional<Timestamp> next_due;
    Timestamp not_before;  // A pause after the ledger refused a round.
};

Deliverer::Deliverer(EndpointKeys keys, DelivererSettings settings, DelivererSeams seams)
    : keys_(std::move(keys)),
      settings_(std::move(settings)),
      seams_(std::move(seams)),
      shared_(std::make_shared<Shared>()) {}

Deliverer::~Deliverer() = default;

void Deliverer::hint() {
    {
        const std::lock_guard lock(shared_->mutex);
        if (shared_->hinted) return;
        shared_->hinted = true;
    }
    seams_.wake();
}

milliseconds Deliverer::run_once() {
    std::vector<ledger::DueDelivery> claimed;
    bool round_is_due = false;
    milliseconds wait = kIdleWait;
    {
        const std::lock_guard lock(shared_->mutex);
        claimed.swap(shared_->claimed);
        std::ranges::move(shared_->not_recorded, std::back_inserter(results_));
        shared_->not_recorded.clear();
        const Timestamp now = seams_.clock.now();
        const bool may_claim =
            !draining_ && in_flight_ + static_cast<int>(claimed.size()) < settings_.in_flight_max;
        const bool something_due =
            shared_->hinted || (shared_->next_due && *shared_->next_due <= now);
        round_is_due = !shared_->round_under_way && now >= shared_->not_before &&
                       (!results_.empty() || (may_claim && something_due));
        if (round_is_due) {
            shared_->round_under_way = true;
            shared_->hinted = false;
        } else if (shared_->next_due && *shared_->next_due > now) {
            wait = std::min(wait, *shared_->next_due - now);
        }
    }
    for (const ledger::DueDelivery& delivery : claimed) start(delivery);
    if (round_is_due) {
        const int room = draining_ ? 0 : std::max(0, settings_.in_flight_max - in_flight_);
        submit_round(std::exchange(results_, {}), room);
    }
    return wait;
}

// One unit of work records what has ended and claims what is due: one COMMIT for both.
void Deliverer::submit_round(std::vector<ledger::AttemptResult> results, int room) {
    struct Round {
        std::vector<ledger::DueDelivery> claimed;
        std::optional<Timestamp> next_due;
    };
    auto recorded = std::make_shared<std::vector<ledger::AttemptResult>>(std::move(results));
    const auto work = [recorded, room, this_clock = &seams_.clock,
                       lease = settings_.timeout +
                               kLeaseMargin](ledger::Books& books) -> Result<Round> {
        for (const auto& result : *recorded) TOLLGATE_DO(books.finish_attempt(result));
        Round round;
        if (room > 0) {
            const Timestamp now = this_clock->now();
            TOLLGATE_TRY(round.claimed, books.claim_deliveries(now, now + lease, room));
        }
        TOLLGATE_TRY(round.next_due, books.next_delivery_at());
        return round;
    };
    const auto finish = [shared = shared_, recorded, room, wake = seams_.wake,
                         clock = &seams_.clock, log = &seams_.log](Result<Round> round) {
        {
            const std::lock_guard lock(shared->mutex);
            shared->round_under_way = false;
            if (round) {
                // A full claim means that there may be more.
                shared->hinted =
                    shared->hinted || (room > 0 && static_cast<int>(round->claimed.size()) == room);
                std::ranges::move(round->claimed, std::back_inserter(shared->claimed));
                shared->next_due = round->next_due;
            } else {
                shared->not_recorded = std::move(*recorded);
                shared->hinted = true;
                shared->not_before = clock->now() + kPauseAfterTrouble;
            }
        }
        if (!round) {
            log->error("delivery.round_failed", {{"reason", round.error().message()}});
        }
        wake();
    };
    seams_.writer.submit(ledger::make_unit(work, finish));
}

void Deliverer::start(const ledger::DueDelivery& delivery) {
    ++in_flight_;
    const auto keys = keys_.find(delivery.endpoint);
    if (keys == keys_.end()) {
        return finished(delivery, Error(ErrorCode::failed_precondition,
                                        "no secret is configured for the endpoint"));
    }
    const std::int64_t seconds = seams_.clock.now().ms / 1000;
    transport::ClientRequest request;
    request.url = delivery.url;
    request.headers = {
        {"Content-Type", "application/json"},
        {"webhook-id", delivery.event_id},
        {"webhook-timestamp", std::to_string(seconds)},
        {"webhook-signature",
         signing::webhook_signatures(keys->second, delivery.event_id, seconds, delivery.payload)}};
    request.body = delivery.payload;
    request.total_timeout = settings_.timeout;
    request.connect_timeout = std::min(request.connect_timeout, settings_.timeout);
    request.reply_bytes_max = kReplyBytesMax;
    request.keep_only_start = true;  // A talkative receiver has heard us all the same.
    // Sent twice is fine here: the receiver drops an event id that it knows.
    request.fresh_connection = false;
    seams_.http.start(std::move(request), [this, delivery](Result<transport::ClientReply> reply) {
        finished(delivery, reply);
    });
}

void Deliverer::finished(const ledger::DueDelivery& delivery,
                         const Result<transport::ClientReply>& reply) {
    --in_flight_;
    const Timestamp now = seams_.clock.now();
    ledger::AttemptResult result{.delivery = delivery.row,
                                 .attempt = delivery.attempt,
                                 .finished_at = now,
                                 .outcome = "network_error",
                                 .http_status = std::nullopt,
                                 .address = "",
                                 .detail = "",
                                 .delivered = false,
                                 .next_attempt_at = std::nullopt};
    if (reply) {
        result.delivered = reply->status >= 200 && reply->status < 300;
        result.outcome = result.delivered ? "delivered" : "http_error";
        result.http_status = reply->status;
        result.address = reply->remote_address;
        result.detail = excerpt(reply->body);
    } else {
        result.detail = excerpt(reply.error().message());
        if (reply.error().reason() == "timed_out") result.outcome = "timeout";
    }
    if (!result.delivered) {
        result.next_attempt_at =
            next_attempt_at(settings_.schedule, delivery.attempt, now, seams_.random);
    }
    const bool spent = !result.delivered && !result.next_attempt_at;
    ++(result.delivered ? delivered_ : failed_);
    if (spent) ++spent_;
    seams_.log.write(result.delivered ? LogLevel::info
                     : spent          ? LogLevel::error
                                      : LogLevel::warning,
                     spent ? "delivery.spent" : "delivery.attempt",
                     {{"event_id", delivery.event_id},
                      {"type", delivery.event_type},
                      {"endpoint", delivery.endpoint},
                      {"attempt", delivery.attempt},
                      {"outcome", result.outcome},
                      {"status", result.http_status.value_or(0)},
                      {"detail", reply ? "" : result.detail}});
    results_.push_back(std::move(result));
}

void Deliverer::drain() {
    draining_ = true;
}

bool Deliverer::idle() const {
    const std::lock_guard lock(shared_->mutex);
    return in_flight_ == 0 && results_.empty() && shared_->claimed.empty() &&
           shared_->not_recorded.empty() && !shared_->round_under_way;
}

Deliverer::Counters Deliverer::counters() const {
    return {.delivered = delivered_, .failed = failed_, .spent = spent_};
}

}  // namespace tollgate::callbacks
