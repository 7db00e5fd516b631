#include "gateway/reconcile/bill_source.h"

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

// A file that only we can read. Until it is kept it has another name, so that what stood there
// before is lost only to something better.
class FreshFile {
public:
    explicit FreshFile(std::string file) : file_(std::move(file)), part_(file_ + ".part") {
        stream_.open(part_, std::ios::binary | std::ios::trunc);
        std::error_code failed;
        std::filesystem::permissions(
            part_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
            failed);
    }
    FreshFile(const FreshFile&) = delete;
    FreshFile& operator=(const FreshFile&) = delete;
    ~FreshFile() {
        std::error_code failed;
        std::filesystem::remove(part_, failed);
    }

    bool write(std::string_view piece) {
        is_zip_ = is_zip_ || (is_empty_ && piece.starts_with("PK"));
        is_empty_ = is_empty_ && piece.empty();
        stream_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        return stream_.good();
    }
    bool is_zip() const { return is_zip_; }
    bool keep() {
        stream_.close();
        std::error_code failed;
        if (!stream_.fail()) std::filesystem::rename(part_, file_, failed);
        return !stream_.fail() && !failed;
    }

private:
    const std::string file_;
    const std::string part_;
    std::ofstream stream_;
    bool is_empty_ = true;
    bool is_zip_ = false;
};

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

std::optional<std::string> bill_address(std::string_view link, std::string_view gateway_url) {
    constexpr std::string_view kBillHost = "http://dwbillcenter.alipay.com";
    if (is_at(link, kBillHost)) {
        return "https" + std::string(link.substr(std::string_view("http").size()));
    }
    if (link.starts_with("https://") || is_at(link, origin_of(gateway_url))) {
        return std::string(link);
    }
    return std::nullopt;
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
    const auto url = bill_address(answer->text("bill_download_url"), wish.app->gateway_url);
    if (url) return *url;
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
    if (!file->is_zip()) return try_again("what came is no bill");
    if (!file->keep()) return try_again("the bill cannot be kept as " + wish.file);
    seams_.log.info(
        "reconcile.bill_fetched",
        {{"type", name_of(wish.type)}, {"app", wish.app->id}, {"bill_date", wish.day.text()}});
    return Done{};
}

}  // namespace tollgate::gateway::reconcile
