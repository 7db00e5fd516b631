#include "tests/bench/bare_loop.h"

#include <utility>

#include "base/check.h"

namespace tollgate::bench {
namespace {

std::size_t take(char* /*bytes*/, std::size_t size, std::size_t count, void* /*to*/) {
    return size * count;
}

}  // namespace

BareLoop::BareLoop(Work work) : work_(std::move(work)), multi_(curl_multi_init()) {
    for (int i = 0; i < work_.in_flight; ++i) {
        CURL* const easy = slots_.emplace_back().easy.get();
        curl_easy_setopt(easy, CURLOPT_URL, work_.url.c_str());
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
    }
    for (Slot& slot : slots_) curl_easy_setopt(slot.easy.get(), CURLOPT_PRIVATE, &slot);
}

void BareLoop::send(int count) {
    to_start_ = count;
    for (Slot& slot : slots_) start(slot);
    for (int done = 0; done < count;) {
        const int finished = advance();
        done += finished;
        if (finished == 0) curl_multi_poll(multi_.get(), nullptr, 0, 1'000, nullptr);
    }
}

void BareLoop::start(Slot& slot) {
    if (to_start_ == 0) return;
    --to_start_;
    slot.body = work_.body;
    slot.headers.clear();
    for (const auto& [name, value] : work_.headers) slot.headers.add(name, ": ", value);
    slot.headers.add("Expect", ":");
    CURL* const easy = slot.easy.get();
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, slot.headers.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(slot.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot.body.c_str());
    TOLLGATE_CHECK(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK);
}

int BareLoop::advance() {
    int running = 0;
    int left = 0;
    int finished = 0;
    curl_multi_perform(multi_.get(), &running);
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
        TOLLGATE_CHECK(message->data.result == CURLE_OK);
        Slot* slot = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(multi_.get(), slot->easy.get());
        ++finished;
        start(*slot);
    }
    return finished;
}

}  // namespace tollgate::bench
