#include "transport/curl_client.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "transport/curl_loop.h"
#include "transport/curl_transfer.h"

namespace tollgate::transport {
namespace {

using CurlLong = long;  // NOLINT(google-runtime-int): libcurl's own type for numbers.

constexpr std::size_t kSoundUrlsMax = 1'024;
constexpr std::size_t kKeptConnectionsMax = 512;

}  // namespace

// Everything but the line of waiting requests belongs to the driving thread.
class CurlClient::Multi {
public:
    explicit Multi(Options options) : options_(std::move(options)) {
        TOLLGATE_CHECK(options_.pinned_public_key.empty() ||
                       is_public_key_pin(options_.pinned_public_key));
        // By itself libcurl keeps four for each request that is under way just then: after every
        // burst it would close what the next one has to open again.
        const auto kept = std::min<std::size_t>(options_.in_flight_max, kKeptConnectionsMax);
        curl_multi_setopt(loop_.multi(), CURLMOPT_MAXCONNECTS, static_cast<CurlLong>(kept));
    }

    void start(ClientRequest request, Completion done) {
        in_flight_.fetch_add(1);
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = waiting_.empty();
            waiting_.emplace_back(std::move(request), std::move(done));
        }
        // Whoever made the line wake the loop has woken it for all behind him.
        if (first) wake();
    }

    void wake() { loop_.wake(); }

    void run_once(std::chrono::milliseconds timeout) {
        // Wait only when nothing has moved: completions start further requests.
        const bool moved = advance();
        loop_.wait_and_act(moved ? std::chrono::milliseconds(0) : timeout);
        advance();
    }

    // What completions start meanwhile is not touched.
    void cancel_all() {
        std::vector<Waiting> waiting;
        for (; next_ < taken_.size(); ++next_) waiting.push_back(std::move(taken_[next_]));
        {
            const std::lock_guard lock(mutex_);
            std::ranges::move(waiting_, std::back_inserter(waiting));
            waiting_.clear();
        }
        std::vector<std::unique_ptr<CurlTransfer>> running;
        running.swap(running_);
        for (auto& transfer : running) {
            const Error why = transfer->cancelled();
            curl_multi_remove_handle(loop_.multi(), transfer->handle());
            finish(std::move(transfer), why);
        }
        for (auto& [request, done] : waiting) {
            in_flight_.fetch_sub(1);
            done(Error(ErrorCode::unavailable, "the call was cancelled (nothing was sent)")
                     .because("cancelled"));
        }
    }

    std::size_t in_flight() const { return in_flight_.load(); }

private:
    using Waiting = std::pair<ClientRequest, Completion>;

    // True when a request was taken from the line or one has finished.
    bool advance() {
        bool moved = refill();
        loop_.act_on_time();
        while (finish_one()) moved = true;
        return moved;
    }

    // The next in line. They are taken over all at once, so that who starts a request and who
    // carries it out seldom meet at the lock.
    std::optional<Waiting> next_waiting() {
        if (running_.size() >= options_.in_flight_max) return std::nullopt;
        if (next_ == taken_.size()) {
            taken_.clear();
            next_ = 0;
            const std::lock_guard lock(mutex_);
            taken_.swap(waiting_);
        }
        if (taken_.empty()) return std::nullopt;
        return std::move(taken_[next_++]);
    }

    bool refill() {
        bool moved = false;
        while (auto next = next_waiting()) {
            moved = true;
            launch(std::move(next->first), std::move(next->second));
        }
        return moved;
    }

    void launch(ClientRequest request, Completion done) {
        if (const Result<Done> sound = check(request); !sound) {
            in_flight_.fetch_sub(1);
            return done(sound.error());
        }
        auto transfer = next_transfer();
        if (const auto begun = transfer->begin(std::move(request), std::move(done), options_);
            !begun) {
            return finish(std::move(transfer), begun.error());
        }
        if (curl_multi_add_handle(loop_.multi(), transfer->handle()) != CURLM_OK) {
            const Error why = transfer->refused();
            return finish(std::move(transfer), why);
        }
        transfer->place = running_.size();
        running_.push_back(std::move(transfer));
    }

    // Reading a URL takes a while, and most go where others went before.
    Result<Done> check(const ClientRequest& request) {
        if (!sound_urls_.contains(request.url)) {
            TOLLGATE_DO(check_url(request));
            if (sound_urls_.size() >= kSoundUrlsMax) sound_urls_.clear();
            sound_urls_.insert(request.url);
        }
        return check_fields(request);
    }

    bool finish_one() {
        int left = 0;
        const CURLMsg* const message = curl_multi_info_read(loop_.multi(), &left);
        if (message == nullptr) return false;
        TOLLGATE_CHECK(message->msg == CURLMSG_DONE);
        const CURLcode code = message->data.result;  // Gone with the handle: read it first.
        CurlTransfer* ended = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
        TOLLGATE_CHECK(ended != nullptr && ended->place < running_.size() &&
                       running_[ended->place].get() == ended);
        auto transfer = std::move(running_[ended->place]);
        if (ended->place + 1 < running_.size()) {
            running_[ended->place] = std::move(running_.back());
            running_[ended->place]->place = ended->place;
        }
        running_.pop_back();
        curl_multi_remove_handle(loop_.multi(), transfer->handle());
        auto result = transfer->outcome(code);
        finish(std::move(transfer), std::move(result));
        return true;
    }

    void finish(std::unique_ptr<CurlTransfer> transfer, Result<ClientReply> result) {
        in_flight_.fetch_sub(1);
        const Completion done = transfer->end(result);
        idle_.push_back(std::move(transfer));
        done(std::move(result));
    }

    std::unique_ptr<CurlTransfer> next_transfer() {
        if (idle_.empty()) return std::make_unique<CurlTransfer>(loop_);
        auto transfer = std::move(idle_.back());
        idle_.pop_back();
        return transfer;
    }

    const Options options_;
    std::mutex mutex_;  // Guards waiting_.
    std::vector<Waiting> waiting_;
    std::vector<Waiting> taken_;  // From it; those from next_ on have not begun.
    std::size_t next_ = 0;
    std::atomic<std::size_t> in_flight_{0};
    CurlLoop loop_;
    std::unordered_set<std::string> sound_urls_;
    // Ready to be used again: at most as many as ran at once.
    std::vector<std::unique_ptr<CurlTransfer>> idle_;
    std::vector<std::unique_ptr<CurlTransfer>> running_;  // Both go before loop_.
};

CurlClient::CurlClient(Options options) : multi_(std::make_unique<Multi>(std::move(options))) {}

CurlClient::~CurlClient() {
    // Again while completions start further requests: each must hear of its end.
    while (multi_->in_flight() > 0) multi_->cancel_all();
}

void CurlClient::start(ClientRequest request, Completion done) {
    multi_->start(std::move(request), std::move(done));
}

void CurlClient::run_once(std::chrono::milliseconds timeout) {
    multi_->run_once(timeout);
}

void CurlClient::wake() {
    multi_->wake();
}

void CurlClient::cancel_all() {
    multi_->cancel_all();
}

std::size_t CurlClient::in_flight() const {
    return multi_->in_flight();
}

bool is_public_key_pin(std::string_view text) {
    constexpr std::string_view kPrefix = "sha256//";
    constexpr std::size_t kDigestCharacters = 44;
    while (true) {
        if (!text.starts_with(kPrefix)) return false;
        text.remove_prefix(kPrefix.size());
        const std::string_view digest = text.substr(0, text.find(';'));
        const bool is_base64 =
            std::ranges::all_of(digest.substr(0, kDigestCharacters - 1), [](char c) {
                return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '+' || c == '/';
            });
        if (digest.size() != kDigestCharacters || !is_base64 || digest.back() != '=') return false;
        if (digest.size() == text.size()) return true;
        text.remove_prefix(digest.size() + 1);
    }
}

Result<ClientReply> send_and_wait(CurlClient& client, ClientRequest request) {
    std::optional<Result<ClientReply>> result;
    client.start(std::move(request),
                 [&result](Result<ClientReply> outcome) { result.emplace(std::move(outcome)); });
    while (!result) client.run_once(std::chrono::milliseconds(1000));
    return *std::move(result);
}

}  // namespace tollgate::transport
