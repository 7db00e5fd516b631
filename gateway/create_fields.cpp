#include "gateway/create_fields.h"

#include <array>

namespace tollgate::gateway {
namespace {

constexpr std::uint8_t kPage = bit_of(Product::page);
constexpr std::uint8_t kWap = bit_of(Product::wap);
constexpr std::uint8_t kApp = bit_of(Product::app);
constexpr std::uint8_t kJsapi = bit_of(Product::jsapi);
constexpr std::uint8_t kBarcode = bit_of(Product::barcode);
constexpr std::uint8_t kBrowserProducts = kPage | kWap;
constexpr std::uint8_t kSigned = kPage | kWap | kApp;
constexpr std::uint8_t kCalled = bit_of(Product::qr) | kJsapi | kBarcode;
constexpr std::uint8_t kAll = kEveryProduct;
constexpr std::uint8_t kNone = 0;

// 100 million yuan, and 15 days (protocol notes 9.0).
constexpr std::int64_t kFenMax = 10'000'000'000;
constexpr std::int64_t kExpirySecondsMax = 15 * 86'400;

// Limits from protocol notes 1.2 and 9.0 to 9.6; a test compares them with the methods' own.
constexpr std::array kFields = {
    FieldRule{"app", FieldKind::text, 0, 32, kAll, kAll, true, "", ""},
    FieldRule{"out_trade_no", FieldKind::out_trade_no, 0, 64, kAll, kAll, true, "out_trade_no", ""},
    FieldRule{"product", FieldKind::choice, 0, 0, kAll, kAll, true, "",
              "page wap app qr jsapi barcode"},
    FieldRule{"amount", FieldKind::number, 1, kFenMax, kAll, kAll, true, "", ""},
    FieldRule{"currency", FieldKind::currency, 0, 3, kAll, kNone, false, "", ""},
    FieldRule{"subject", FieldKind::subject, 0, 256, kAll, kAll, true, "subject", ""},
    FieldRule{"body", FieldKind::text, 0, 128, kAll, kNone, true, "body", ""},
    FieldRule{"order", FieldKind::text, 0, 64, kAll, kNone, true, "", ""},
    FieldRule{"replaces", FieldKind::text, 0, 64, kAll, kNone, true, "", ""},
    FieldRule{"seller_id", FieldKind::text, 0, 28, kWap | kApp | kCalled, kNone, true, "", ""},
    FieldRule{"expires_in", FieldKind::number, 60, kExpirySecondsMax, kAll, kNone, true, "", ""},
    FieldRule{"return_url", FieldKind::url, 0, 256, kBrowserProducts, kNone, false, "", ""},
    FieldRule{"quit_url", FieldKind::url, 0, 400, kWap, kNone, true, "quit_url", ""},
    FieldRule{"action", FieldKind::choice, 0, 0, kBrowserProducts, kNone, true, "",
              "redirect form"},
    FieldRule{"buyer", FieldKind::buyer, 0, 128, kJsapi, kJsapi, true, "", ""},
    FieldRule{"op_app_id", FieldKind::out_trade_no, 0, 32, kJsapi, kNone, true, "op_app_id", ""},
    FieldRule{"auth_code", FieldKind::auth_code, 0, 64, kBarcode, kBarcode, true, "auth_code", ""},
    FieldRule{"scene", FieldKind::choice, 0, 0, kBarcode, kNone, true, "scene",
              "bar_code security_code"},
    FieldRule{"goods_detail", FieldKind::list, 0, 16'384, kAll, kNone, true, "goods_detail", ""},
    FieldRule{"goods_type", FieldKind::choice, 0, 0, kSigned, kNone, true, "goods_type", "0 1"},
    FieldRule{"merchant_order_no", FieldKind::text, 0, 32, kSigned, kNone, true,
              "merchant_order_no", ""},
    FieldRule{"store_id", FieldKind::text, 0, 32, kAll, kNone, true, "store_id", ""},
    FieldRule{"operator_id", FieldKind::text, 0, 28, kCalled, kNone, true, "operator_id", ""},
    FieldRule{"terminal_id", FieldKind::text, 0, 32, kCalled, kNone, true, "terminal_id", ""},
    FieldRule{"enable_pay_channels", FieldKind::text, 0, 128, kSigned, kNone, true,
              "enable_pay_channels", ""},
    FieldRule{"disable_pay_channels", FieldKind::text, 0, 128, kSigned, kNone, true,
              "disable_pay_channels", ""},
    FieldRule{"specified_channel", FieldKind::text, 0, 128, kWap | kApp, kNone, true,
              "specified_channel", ""},
    FieldRule{"extend_params", FieldKind::object, 0, 4'096, kAll, kNone, true, "extend_params", ""},
    FieldRule{"business_params", FieldKind::object, 0, 4'096, kSigned | kJsapi | kBarcode, kNone,
              true, "business_params", ""},
    FieldRule{"passback_params", FieldKind::text, 0, 512, kAll, kNone, true, "", ""},
    FieldRule{"qr_pay_mode", FieldKind::choice, 0, 0, kPage, kNone, true, "qr_pay_mode",
              "0 1 2 3 4"},
    FieldRule{"qrcode_width", FieldKind::number, 1, 10'000, kPage, kNone, true, "qrcode_width", ""},
    FieldRule{"metadata", FieldKind::object, 0, 4'096, kAll, kNone, false, "", ""},
};

}  // namespace

std::span<const FieldRule> create_fields() {
    return kFields;
}

}  // namespace tollgate::gateway
