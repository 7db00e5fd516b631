#include "gateway/create_fields.h"

#include <array>

namespace tollgate::gateway {
namespace {

constexpr std::uint8_t kPage = bit_of(Product::page);
constexpr std::uint8_t kWap = bit_of(Product::wap);
constexpr std::uint8_t kApp = bit_of(Product::app);
constexpr std::uint8_t kQr = bit_of(Product::qr);
constexpr std::uint8_t kBrowser = kPage | kWap;
constexpr std::uint8_t kSigned = kPage | kWap | kApp;
constexpr std::uint8_t kAll = kSigned | kQr;

// 100 million yuan, and 15 days (protocol notes 9.0).
constexpr std::int64_t kFenMax = 10'000'000'000;
constexpr std::int64_t kExpirySecondsMax = 15 * 86'400;

using Kind = FieldKind;

// Limits from protocol notes 1.2 and 9.0 to 9.4.
constexpr std::array kFields = {
    FieldRule{"app", Kind::text, 0, 32, kAll, true, true, "", ""},
    FieldRule{"out_trade_no", Kind::out_trade_no, 0, 64, kAll, true, true, "out_trade_no", ""},
    FieldRule{"product", Kind::choice, 0, 0, kAll, true, true, "", "page wap app qr"},
    FieldRule{"amount", Kind::number, 1, kFenMax, kAll, true, true, "", ""},
    FieldRule{"currency", Kind::currency, 0, 3, kAll, false, false, "", ""},
    FieldRule{"subject", Kind::subject, 0, 256, kAll, true, true, "subject", ""},
    FieldRule{"body", Kind::text, 0, 128, kAll, false, true, "body", ""},
    FieldRule{"order", Kind::text, 0, 64, kAll, false, true, "", ""},
    FieldRule{"replaces", Kind::text, 0, 64, kAll, false, true, "", ""},
    FieldRule{"seller_id", Kind::text, 0, 28, kWap | kApp | kQr, false, true, "", ""},
    FieldRule{"expires_in", Kind::number, 60, kExpirySecondsMax, kAll, false, true, "", ""},
    FieldRule{"return_url", Kind::url, 0, 256, kBrowser, false, false, "", ""},
    FieldRule{"quit_url", Kind::url, 0, 400, kWap, false, true, "quit_url", ""},
    FieldRule{"action", Kind::choice, 0, 0, kBrowser, false, true, "", "redirect form"},
    FieldRule{"goods_detail", Kind::list, 0, 16'384, kAll, false, true, "goods_detail", ""},
    FieldRule{"store_id", Kind::text, 0, 32, kAll, false, true, "store_id", ""},
    FieldRule{"operator_id", Kind::text, 0, 28, kQr, false, true, "operator_id", ""},
    FieldRule{"terminal_id", Kind::text, 0, 32, kQr, false, true, "terminal_id", ""},
    FieldRule{"enable_pay_channels", Kind::text, 0, 128, kSigned, false, true,
              "enable_pay_channels", ""},
    FieldRule{"disable_pay_channels", Kind::text, 0, 128, kSigned, false, true,
              "disable_pay_channels", ""},
    FieldRule{"extend_params", Kind::object, 0, 4'096, kAll, false, true, "extend_params", ""},
    FieldRule{"business_params", Kind::object, 0, 4'096, kSigned, false, true, "business_params",
              ""},
    FieldRule{"passback_params", Kind::text, 0, 512, kAll, false, true, "", ""},
    FieldRule{"qr_pay_mode", Kind::choice, 0, 0, kPage, false, true, "qr_pay_mode", "0 1 2 3 4"},
    FieldRule{"qrcode_width", Kind::number, 1, 10'000, kPage, false, true, "qrcode_width", ""},
    FieldRule{"metadata", Kind::object, 0, 4'096, kAll, false, false, "", ""},
};

}  // namespace

std::span<const FieldRule> create_fields() {
    return kFields;
}

}  // namespace tollgate::gateway
