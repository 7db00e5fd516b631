#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/product.h"

namespace tollgate::gateway {

// What a field of POST /v1/payments must be.
enum class FieldKind { text, number, out_trade_no, subject, url, object, list, choice, currency };

// One line of the create request's schema: the only place that knows which products take a field,
// how long it may be, and what it is called on Alipay's wire.
struct FieldRule {
    std::string_view name;
    FieldKind kind = FieldKind::text;
    std::int64_t least = 0;  // number: the least value.
    std::int64_t most = 0;   // number: the greatest value; text: characters; object, list: bytes.
    std::uint8_t products = 0;  // A bit for each Product.
    bool required = false;
    bool in_fingerprint = true;  // A repeat must bring the same.
    std::string_view wire_name;  // In biz_content; empty: not sent as it is.
    std::string_view choices;    // choice: "a b c".
};

std::span<const FieldRule> create_fields();

constexpr std::uint8_t bit_of(Product product) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(product));
}

}  // namespace tollgate::gateway
