#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/beijing_day.h"
#include "base/log.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "gateway/alipay_client.h"
#include "transport/http_client.h"

namespace tollgate::gateway::reconcile {

enum class BillType { trade, signcustomer };

std::string_view name_of(BillType type);

// The address that a bill is fetched from, given Alipay's link. A bill moves payments and is not
// signed, so it comes over https: links to Alipay's own bill host say http and are made https. Or
// it comes from where the app's gateway is, which is how a sandbox hands its bills out. Nothing for
// any other link.
std::optional<std::string> bill_address(std::string_view link, std::string_view gateway_url);

struct BillWish {
    callbacks::AppRef app;  // Any of the merchant's.
    BillType type = BillType::trade;
    BeijingDay day;
    std::string file;  // To be written, readable by us alone.
    std::string request_id;
};

// The reasons of a fetch's errors that decide what is done next.
inline constexpr std::string_view kBillNotReady = "bill_not_ready";  // Or there is none.
inline constexpr std::string_view kBillRefused = "bill_refused";     // This app may not have it.

// Asks Alipay for a bill's link, which is good for 30 seconds, and fetches what it leads to into a
// file as it comes. For a thread that may wait.
class BillSource {
public:
    struct Seams {
        AlipayClient& alipay;
        transport::HttpClient& http;
        Log& log;
        // Moves the HTTP client on, where nobody else does; else empty.
        std::function<void()> turn = {};
        std::function<bool()> stop = {};
    };

    explicit BillSource(Seams seams) : seams_(std::move(seams)) {}

    // Errors: not_found kBillNotReady; failed_precondition kBillRefused; unavailable for everything
    // that another try may mend, a stop included.
    Result<Done> fetch(const BillWish& wish);

    static constexpr std::size_t kZipBytesMax = std::size_t{1024} * 1024 * 1024;

private:
    Result<std::string> ask_for_link(const BillWish& wish);
    Result<Done> download(const BillWish& wish, const std::string& url);

    const Seams seams_;
};

}  // namespace tollgate::gateway::reconcile
