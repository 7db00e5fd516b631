#include "transport/amqp_publisher.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>

#include "base/check.h"
#include "transport/amqp_connection.h"
#include "transport/descriptor.h"

namespace tollgate::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::chrono::seconds kReconnectPause{1};

Error cancelled(ErrorCode code) {
    const char* const what = code == ErrorCode::unavailable
                                 ? "the message was cancelled (nothing was sent)"
                                 : "the message was cancelled before it was confirmed";
    return Error(code, what).because("cancelled");
}

}  // namespace

// Everything but the line of waiting messages belongs to the driving thread.
class AmqpPublisher::Channel {
public:
    Channel(AmqpSettings settings, Clock& clock)
        : settings_(std::move(settings)),
          clock_(clock),
          wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        TOLLGATE_CHECK(wake_);
    }

    void start(AmqpMessage message, Completion done) {
        in_flight_.fetch_add(1);
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back({.message = std::move(message),
                                .done = std::move(done),
                                .deadline = clock_.monotonic() + settings_.confirm_timeout});
        }
        wake();
    }

    void wake() { ::eventfd_write(wake_.get(), 1); }

    void run_once(milliseconds timeout) {
        // Wait only when nothing has moved: completions start further messages.
        if (advance()) return;
        wait(timeout);
        advance();
    }

    // What completions start meanwhile is not touched.
    void cancel_all() {
        const auto unconfirmed = std::exchange(unconfirmed_, {});
        const auto waiting = take_waiting();
        for (const auto& [tag, sent] : unconfirmed) {
            finish(sent.done, cancelled(ErrorCode::outcome_unknown));
        }
        for (const Waiting& one : waiting) finish(one.done, cancelled(ErrorCode::unavailable));
    }

    std::size_t in_flight() const { return in_flight_.load(); }

private:
    struct Waiting {
        AmqpMessage message;
        Completion done;
        nanoseconds deadline;
    };
    struct Sent {
        std::string message_id;
        Completion done;
        nanoseconds deadline;
    };

    // True when a message was sent or has ended.
    bool advance() {
        const std::size_t before = moves_;
        listen();
        expire();
        send();
        return moves_ != before;
    }

    void listen() {
        while (connection_) {
            const auto event = connection_->next();
            if (!event) return lose(event.error());
            if (!*event) return;
            take(**event);
        }
    }

    void take(const AmqpEvent& event) {
        switch (event.kind) {
            case AmqpEvent::Kind::acked: return confirm(event, Done{});
            case AmqpEvent::Kind::nacked:
                return confirm(
                    event, Error(ErrorCode::unavailable, "the broker could not take the message")
                               .because("nacked"));
            case AmqpEvent::Kind::returned: return give_back(event.message_id);
            case AmqpEvent::Kind::blocked: is_blocked_ = true; return;
            case AmqpEvent::Kind::unblocked: is_blocked_ = false; return;
        }
        TOLLGATE_CHECK(false);
    }

    // Tags that are not there belong to messages that have ended otherwise.
    void confirm(const AmqpEvent& event, const Result<Done>& how) {
        const auto end = unconfirmed_.upper_bound(event.delivery_tag);
        const auto begin =
            event.multiple ? unconfirmed_.begin() : unconfirmed_.lower_bound(event.delivery_tag);
        std::deque<Completion> ended;
        for (auto one = begin; one != end; ++one) ended.push_back(std::move(one->second.done));
        unconfirmed_.erase(begin, end);
        for (const Completion& done : ended) finish(done, how);
    }

    // The broker returns messages in the order in which they came, so the first of that id is
    // meant.
    void give_back(const std::string& message_id) {
        const auto found = std::ranges::find_if(
            unconfirmed_, [&](const auto& entry) { return entry.second.message_id == message_id; });
        if (found == unconfirmed_.end()) return;
        const Completion done = std::move(found->second.done);
        unconfirmed_.erase(found);
        finish(done, Error(ErrorCode::failed_precondition,
                           "the broker has no queue for the message's routing key")
                         .because("unroutable"));
    }

    void lose(const Error& why) {
        connection_.reset();
        is_blocked_ = false;
        for (const auto& [tag, sent] : std::exchange(unconfirmed_, {})) finish(sent.done, why);
    }

    // Messages go in order, so the oldest deadline comes first in both lines.
    void expire() {
        const nanoseconds now = clock_.monotonic();
        while (!unconfirmed_.empty() && unconfirmed_.begin()->second.deadline <= now) {
            const Completion done = std::move(unconfirmed_.begin()->second.done);
            unconfirmed_.erase(unconfirmed_.begin());
            finish(done, Error(ErrorCode::outcome_unknown, "the broker confirmed nothing in time")
                             .because("confirm_timeout"));
        }
        while (const auto late =
                   next_waiting([now](const Waiting& first) { return first.deadline <= now; })) {
            finish(late->done,
                   Error(ErrorCode::unavailable, "the broker takes no messages (nothing was sent)")
                       .because("broker_blocked"));
        }
    }

    void send() {
        const auto any = [](const Waiting&) { return true; };
        if (!connection_ && !has_waiting()) return;
        if (!connection_) {
            reconnect();
            expire();  // That may have taken a while.
        }
        while (connection_ && !is_blocked_ && unconfirmed_.size() < settings_.unconfirmed_max &&
               connection_->can_take_more()) {
            auto next = next_waiting(any);
            if (!next) return;
            publish(*std::move(next));
        }
    }

    void publish(Waiting next) {
        ++moves_;
        if (const auto sound = check_message(next.message); !sound) {
            return finish(next.done, sound.error());
        }
        const auto tag = connection_->publish(settings_.exchange, next.message);
        if (!tag) {
            // Some of it may have gone out.
            const Error why = tag.error();
            finish(next.done, why);
            return lose(why);
        }
        unconfirmed_.emplace(*tag, Sent{.message_id = std::move(next.message.message_id),
                                        .done = std::move(next.done),
                                        .deadline = next.deadline});
    }

    // Without a connection nothing waits in line: its callers know better when to come again.
    void reconnect() {
        const nanoseconds now = clock_.monotonic();
        if (!may_connect_at_ || now >= *may_connect_at_) {
            may_connect_at_ = now + kReconnectPause;
            auto opened = AmqpConnection::open(settings_);
            if (opened) {
                connection_ = *std::move(opened);
                why_not_.reset();
                return;
            }
            why_not_ = opened.error();
        } else if (!why_not_) {
            // It was there, and died within the second.
            why_not_ =
                Error(ErrorCode::unavailable,
                      "the connection to the broker was lost a moment ago (nothing was sent)")
                    .because("could_not_connect");
        }
        const Error why = *why_not_;
        for (const Waiting& one : take_waiting()) finish(one.done, why);
    }

    // What it waits for: the broker, room to send, start() and wake(), a deadline, a heartbeat.
    void wait(milliseconds timeout) {
        std::array<pollfd, 2> watched{
            pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
            pollfd{.fd = connection_ ? connection_->socket() : -1, .events = POLLIN, .revents = 0}};
        const bool has_room = !is_blocked_ && unconfirmed_.size() < settings_.unconfirmed_max;
        if (has_room && has_waiting()) watched[1].events |= POLLOUT;
        if (connection_) {
            timeout = std::min<milliseconds>(timeout, milliseconds(settings_.heartbeat) / 4);
        }
        if (!unconfirmed_.empty()) {
            const auto left = unconfirmed_.begin()->second.deadline - clock_.monotonic();
            timeout = std::min(timeout, std::chrono::ceil<milliseconds>(left));
        }
        const auto patience = static_cast<int>(std::max<milliseconds::rep>(0, timeout.count()));
        ::poll(watched.data(), watched.size(), patience);
        eventfd_t ignored = 0;
        ::eventfd_read(wake_.get(), &ignored);
    }

    template <typename Condition>
    std::optional<Waiting> next_waiting(Condition condition) {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty() || !condition(waiting_.front())) return std::nullopt;
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    bool has_waiting() {
        const std::lock_guard lock(mutex_);
        return !waiting_.empty();
    }

    std::deque<Waiting> take_waiting() {
        const std::lock_guard lock(mutex_);
        return std::exchange(waiting_, {});
    }

    void finish(const Completion& done, const Result<Done>& how) {
        ++moves_;
        in_flight_.fetch_sub(1);
        done(how);
    }

    const AmqpSettings settings_;
    Clock& clock_;
    const Descriptor wake_;
    std::mutex mutex_;  // Guards waiting_.
    std::deque<Waiting> waiting_;
    std::atomic<std::size_t> in_flight_{0};
    std::unique_ptr<AmqpConnection> connection_;
    bool is_blocked_ = false;
    std::map<std::uint64_t, Sent> unconfirmed_;  // By delivery tag.
    std::optional<nanoseconds> may_connect_at_;
    std::optional<Error> why_not_;  // The last try to connect failed.
    std::size_t moves_ = 0;
};

AmqpPublisher::AmqpPublisher(AmqpSettings settings, Clock& clock)
    : channel_(std::make_unique<Channel>(std::move(settings), clock)) {}

AmqpPublisher::~AmqpPublisher() {
    // Again while completions start further messages: each must hear of its end.
    while (channel_->in_flight() > 0) channel_->cancel_all();
}

void AmqpPublisher::start(AmqpMessage message, Completion done) {
    channel_->start(std::move(message), std::move(done));
}

void AmqpPublisher::run_once(milliseconds timeout) {
    channel_->run_once(timeout);
}

void AmqpPublisher::wake() {
    channel_->wake();
}

void AmqpPublisher::cancel_all() {
    channel_->cancel_all();
}

std::size_t AmqpPublisher::in_flight() const {
    return channel_->in_flight();
}

}  // namespace tollgate::transport
