#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace tollgate::gateway {

enum class Product { page, wap, app, qr, jsapi, barcode };

// How a product's payment comes to be.
enum class Way {
    browser,       // We sign; the buyer's browser carries it to Alipay (protocol notes 1.4, 1.5).
    order_string,  // We sign; the app hands it to Alipay's SDK (protocol notes 1.5).
    call,          // We ask Alipay.
};

struct ProductInfo {
    Product product;
    std::string_view name;          // In our API.
    std::string_view method;        // Alipay's.
    std::string_view product_code;  // Alipay's (protocol notes 9.1 to 9.6).
    Way way;
    std::chrono::seconds expires_in_min;  // wap and app take less than 5 minutes as 5.
};

inline constexpr std::array kProducts = {
    ProductInfo{Product::page, "page", "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY",
                Way::browser, std::chrono::minutes(1)},
    ProductInfo{Product::wap, "wap", "alipay.trade.wap.pay", "QUICK_WAP_WAY", Way::browser,
                std::chrono::minutes(5)},
    ProductInfo{Product::app, "app", "alipay.trade.app.pay", "QUICK_MSECURITY_PAY",
                Way::order_string, std::chrono::minutes(5)},
    ProductInfo{Product::qr, "qr", "alipay.trade.precreate", "QR_CODE_OFFLINE", Way::call,
                std::chrono::minutes(1)},
    ProductInfo{Product::jsapi, "jsapi", "alipay.trade.create", "JSAPI_PAY", Way::call,
                std::chrono::minutes(1)},
    ProductInfo{Product::barcode, "barcode", "alipay.trade.pay", "FACE_TO_FACE_PAYMENT", Way::call,
                std::chrono::minutes(1)},
};

inline const ProductInfo* find_product(std::string_view name) {
    for (const ProductInfo& info : kProducts) {
        if (info.name == name) return &info;
    }
    return nullptr;
}

}  // namespace tollgate::gateway
