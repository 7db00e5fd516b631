#include "gateway/reconcile/bill_source.h"

#include <array>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>

#include "base/check.h"

namespace tollgate::gateway::reconcile {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{100};
constexpr milliseconds kDownloadTime = std::chrono::minutes(10);
constexpr const char* kMethod = "alipay.data.dataservice.bill.downloadurl.query";

Error try_again(const std::string& why) {
    return Error(ErrorCode::unavailable, why);
}

// An outcome that another thread, or a turn of our own, brings. Shared, because we may leave first.
template <typename T>
class Pending {
public:
    void set(Result<T> outcome) {
        const std::lock_guard lock(mutex_);
        outcome_.emplace(std::move(outcome));
        arrived_.notify_all();
    }
    bool wait_a_little() {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, kLook, [this] { return outcome_.has_value(); });
    }
    bool ready() {
        const std::lock_guard lock(mutex_);
        return outcome_.has_value();
    }
    Result<T> take() { return *std::move(outcome_); }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::optional<Result<T>> outcome_;
};

template <typename T>
Result<T> wait_for(Pending<T>& pending, const BillSource::Seams& seams) {
    while (!pending.ready()) {
        if (seams.stop && seams.stop()) return try_again("stopped before it was done");
        if (seams.turn) {
            seams.turn();
        } else {
            pending.wait_a_little();
        }
    }
    return pending.take();
}

// A file that only we can read, and that is gone unless it was kept.
class FreshFile {
public:
    explicit FreshFile(std::string file) : file_(std::move(file)) {
        stream_.open(file_, std::ios::binary | std::ios::trunc);
        std::error_code failed;
        std::filesystem::permissions(
            file_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
            failed);
    }
    FreshFile(const FreshFile&) = delete;
    FreshFile& operator=(const FreshFile&) = delete;
    ~FreshFile() {
        std::error_code failed;
        if (!kept_) std::filesystem::remove(file_, failed);
    }

    bool write(std::string_view piece) {
        stream_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        return stream_.good();
    }
    bool keep() {
        stream_.close();
        kept_ = !stream_.fail();
        return kept_;
    }

private:
    const std::string file_;
    std::ofstream stream_;
    bool kept_ = false;
};

bool is_zip(const std::string& file) {
    std::ifstream input(file, std::ios::binary);
    std::array<char, 2> start{};
    input.read(start.data(), start.size());
    return start[0] == 'P' && start[1] == 'K';
}

// "https://host:port/gateway.do" -> "https://host:port"
std::string_view origin_of(std::string_view url) {
    const std::size_t host = url.find("://");
    if (host == std::string_view::npos) return {};
    return url.substr(0, url.find_first_of("/?#", host + 3));
}

bool is_at(std::string_view url, std::string_view origin) {
    if (origin.empty() || !url.starts_with(origin)) return false;
    const std::string_view rest = url.substr(origin.size());
    return rest.starts_with('/') || rest.starts_with('?');
}

}  // namespace

std::string_view name_of(BillType type) {
    switch (type) {
        case BillType::trade: return "trade";
        case BillType::signcustomer: return "signcustomer";
    }
    TOLLGATE_CHECK(false);
    return {};
}

bool is_bill_address(std::string_view url, std::string_view gateway_url) {
    return url.starts_with("https://") || is_at(url, "http://dwbillcenter.alipay.com") ||
           is_at(url, origin_of(gateway_url));
}

Result<Done> BillSource::fetch(const BillWish& wish) {
    TOLLGATE_TRY(const std::string url, ask_for_link(wish));
    return download(wish, url);
}

Result<std::string> BillSource::ask_for_link(const BillWish& wish) {
    auto pending = std::make_shared<Pending<AlipayAnswer>>();
    AlipayClient::Call call;
    call.app = wish.app;
    call.method = kMethod;
    call.biz_content = {{"bill_type", name_of(wish.type)}, {"bill_date", wish.day.text()}};
    call.request_id = wish.request_id;
    seams_.alipay.call(call,
                       [pending](Result<AlipayAnswer> answer) { pending->set(std::move(answer)); });
    auto answer = wait_for(*pending, seams_);
    if (!answer) return try_again(answer.error().message());
    const std::string said = answer->sub_code + " " + answer->message;
    switch (answer->kind) {
        case AlipayAnswer::Kind::done: break;
        case AlipayAnswer::Kind::wait:
        case AlipayAnswer::Kind::unknown: return try_again("Alipay cannot say now: " + said);
        case AlipayAnswer::Kind::refused: {
            const std::string_view code = plain_code(answer->sub_code);
            const bool absent = code == "NO_BILL_DATA" || code == "BILL_NOT_EXIST";
            const bool later = code == "SYSTEM_RATE_LIMIT" || code == "USER_RATE_LIMIT";
            if (later) return try_again("Alipay wants us to wait: " + said);
            if (absent) {
                return Error(ErrorCode::not_found,
                             "Alipay has no " + std::string(name_of(wish.type)) + " bill of " +
                                 wish.day.text() + ", or not yet: " + said)
                    .because(kBillNotReady);
            }
            return Error(ErrorCode::failed_precondition,
                         "app " + wish.app->id + " may not have the bill: " + said)
                .because(kBillRefused);
        }
    }
    std::string url = answer->text("bill_download_url");
    if (is_bill_address(url, wish.app->gateway_url)) return url;
    return Error(ErrorCode::failed_precondition,
                 "the link to the bill leads neither over https nor to Alipay's bill host")
        .because(kBillRefused);
}

Result<Done> BillSource::download(const BillWish& wish, const std::string& url) {
    auto file = std::make_shared<FreshFile>(wish.file);
    auto pending = std::make_shared<Pending<transport::ClientReply>>();
    transport::ClientRequest request;
    request.method = "GET";
    request.url = url;
    request.total_timeout = kDownloadTime;
    request.reply_bytes_max = kZipBytesMax;
    request.body_sink = [file](std::string_view piece) { return file->write(piece); };
    seams_.http.start(std::move(request), [pending](Result<transport::ClientReply> reply) {
        pending->set(std::move(reply));
    });
    auto reply = wait_for(*pending, seams_);
    if (!reply) return try_again("the bill could not be fetched: " + reply.error().message());
    if (reply->status != 200) {
        return try_again("the bill's link answers with HTTP " + std::to_string(reply->status));
    }
    // A link that is too old answers with a page.
    if (!file->keep() || !is_zip(wish.file)) return try_again("what came is no bill");
    seams_.log.info(
        "reconcile.bill_fetched",
        {{"type", name_of(wish.type)}, {"app", wish.app->id}, {"bill_date", wish.day.text()}});
    return Done{};
}

}  // namespace tollgate::gateway::reconcile
