// The side of the laptop: polls, answers, signs of life.
#include <algorithm>
#include <utility>

#include "tunnel/attempt.h"
#include "tunnel/desk.h"

namespace tollgate::tunnel {
namespace {

// Frames of one reply; what is over waits for the next poll.
constexpr std::size_t kReplyBytesMax = kFrameBytesMax;

transport::ServerResponse reply_with(const ExchangeReply& reply) {
    return {.status = 200,
            .content_type = "application/octet-stream",
            .body = to_wire(reply),
            .headers = {}};
}

}  // namespace

void Desk::exchange(ExchangeRequest request, transport::Ticket ticket) {
    std::vector<Reply> replies;
    std::vector<std::uint64_t> dropped;
    std::vector<HandingOver> handing_over;
    {
        const std::lock_guard lock(mutex_);
        const Moment at = now();
        dropped = queue_.hear(request.mark.session, request.mark.wishes, at);
        counters_.dropped += dropped.size();
        take_answers(std::move(request.answers), replies);
        if (request.frames_max == 0 || stopped_) {
            replies.push_back({.tickets = {}, .response = reply_with({})});
            replies.back().tickets.push_back(std::move(ticket));
        } else {
            polls_.push_back({.ticket = std::move(ticket),
                              .session = request.mark.session,
                              .frames_max = request.frames_max,
                              .until = at.since + kPollTime});
        }
        handing_over = match_polls(at);
    }
    give(std::move(replies));
    store_dropped(std::move(dropped));
    hand_over(std::move(handing_over));
}

// The provider hears at once: should we die before the answer is stored, the callback is handed out
// again under the same id, and the client answers it from memory.
void Desk::take_answers(std::vector<AppAnswer> answers, std::vector<Reply>& replies) {
    std::vector<std::pair<AppAnswer, EventQueue::Answered>> known;
    for (AppAnswer& answer : answers) {
        const auto answered = queue_.answer(answer, now());
        if (!answered.known) continue;
        // Before anything is made of it, so that the record shows what the provider got.
        drop_unsendable(answer.headers);
        ++(answer.failure == AppFailure::none ? counters_.answered : counters_.no_app);
        const bool kept = !answered.finished;
        if (kept && answered.was_waiting) ++counters_.kept_ever;
        if (auto tickets = take_tickets(answer.id); !tickets.empty()) {
            replies.push_back(
                {.tickets = std::move(tickets), .response = answer_of(answer, door_, kept)});
        }
        known.emplace_back(std::move(answer), answered);
    }
    if (!known.empty()) store_answers(std::move(known));
}

void Desk::store_answers(std::vector<std::pair<AppAnswer, EventQueue::Answered>> answers) {
    // The next callback's sync will do: the provider has been told, and should we die before it,
    // the client remembers.
    seams_.writer.submit_unhurried(
        [answers = std::move(answers)](RelayStore& store) -> Result<Done> {
            for (const auto& [answer, answered] : answers) {
                const auto state = !answered.finished                   ? ExchangeState::waiting
                                   : answer.failure == AppFailure::none ? ExchangeState::answered
                                                                        : ExchangeState::dropped;
                TOLLGATE_DO(
                    store.add_attempt(answer.id, attempt_of(answer), state, answered.sendings));
            }
            return Done{};
        },
        [change = seams_.on_change](const Result<Done>& /*the_writer_logs*/) { change(); });
}

HoldReply Desk::hold(const HoldRequest& request) {
    std::vector<std::uint64_t> dropped;
    HoldReply reply{.tunnel = door_.name, .kept = 0};
    {
        const std::lock_guard lock(mutex_);
        const Moment at = now();
        dropped = queue_.hear(request.mark.session, request.mark.wishes, at);
        counters_.dropped += dropped.size();
        queue_.confirm(request.mark.session, request.in_hand, at);
        reply.kept = queue_.kept();
    }
    store_dropped(std::move(dropped));
    // Its polls count again, should it have been silent for a while.
    match_and_hand_over();
    return reply;
}

std::vector<Desk::HandingOver> Desk::match_polls(Moment at) {
    std::vector<HandingOver> handing_over;
    for (auto poll = polls_.begin(); poll != polls_.end();) {
        if (!queue_.lively(poll->session, at)) {
            ++poll;
            continue;
        }
        auto due = queue_.take(poll->session, poll->frames_max, at);
        if (due.empty()) break;
        counters_.handed_out += due.size();
        counters_.drained += static_cast<std::uint64_t>(
            std::ranges::count_if(due, [](const auto& one) { return one.kept; }));
        HandingOver over{.ticket = std::move(poll->ticket), .due = std::move(due), .callbacks = {}};
        for (const auto& one : over.due) {
            const auto found = listening_.find(one.id);
            over.callbacks.push_back(found == listening_.end() ? nullptr : found->second.callback);
        }
        handing_over.push_back(std::move(over));
        poll = polls_.erase(poll);
    }
    return handing_over;
}

// Not under the lock: kept ones are read from the store. One that cannot be read, or does not fit
// into the reply, is put back when nobody confirms it.
void Desk::hand_over(std::vector<HandingOver> handing_over) {
    for (HandingOver& over : handing_over) {
        ExchangeReply reply;
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < over.due.size(); ++i) {
            auto& callback = over.callbacks[i];
            if (callback == nullptr) {
                auto stored = seams_.reader.callback(over.due[i].id);
                if (!stored) {
                    seams_.log.error("tunnel.not_readable", {{"tunnel", door_.name},
                                                             {"reason", stored.error().message()}});
                    continue;
                }
                callback = *std::move(stored);
            }
            bytes += static_cast<std::size_t>(bytes_of(*callback));
            if (!reply.handed_out.empty() && bytes > kReplyBytesMax) continue;
            reply.handed_out.push_back({.callback = *callback,
                                        .attempt = over.due[i].attempt,
                                        .round = over.due[i].round,
                                        .age = seams_.clock.now() - over.due[i].first_received_at});
        }
        over.ticket.complete(reply_with(reply));
    }
}

void Desk::match_and_hand_over() {
    std::vector<HandingOver> handing_over;
    {
        const std::lock_guard lock(mutex_);
        handing_over = match_polls(now());
    }
    hand_over(std::move(handing_over));
}

std::chrono::nanoseconds Desk::tick() {
    std::vector<Reply> replies;
    std::vector<std::uint64_t> dropped;
    std::vector<HandingOver> handing_over;
    std::chrono::nanoseconds next{};
    {
        const std::lock_guard lock(mutex_);
        const Moment at = now();
        tick_locked(at, replies, dropped);
        handing_over = match_polls(at);
        for (auto poll = polls_.begin(); poll != polls_.end();) {
            if (at.since < poll->until) {
                ++poll;
                continue;
            }
            replies.push_back({.tickets = {}, .response = reply_with({})});
            replies.back().tickets.push_back(std::move(poll->ticket));
            poll = polls_.erase(poll);
        }
        next = queue_.next_due(at, !polls_.empty());
    }
    give(std::move(replies));
    store_dropped(std::move(dropped));
    hand_over(std::move(handing_over));
    return next;
}

void Desk::stop() {
    std::vector<Reply> replies;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        for (const std::uint64_t id : queue_.hush()) {
            const bool stored = queue_.state_of(id) != EventState::arriving;
            replies.push_back({.tickets = take_tickets(id),
                               .response = answer_for(NoAnswer::stopping, door_, stored)});
        }
        for (Poll& poll : polls_) {
            replies.push_back({.tickets = {}, .response = reply_with({})});
            replies.back().tickets.push_back(std::move(poll.ticket));
        }
        polls_.clear();
    }
    give(std::move(replies));
}

}  // namespace tollgate::tunnel
