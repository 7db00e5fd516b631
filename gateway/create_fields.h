#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/product.h"

namespace tollgate::gateway {

// What a field of POST /v1/payments must be.
enum class FieldKind {
    text,
    number,
    out_trade_no,
    subject,
    url,
    object,
    list,
    choice,
    currency,
    buyer,      // {"open_id": …} or {"buyer_id": …}
    auth_code,  // The payment code on the buyer's phone: whoever has it can take money.
};

// One line of the create request's schema: the only place that knows which products take a field,
// how long it may be, and what it is called on Alipay's wire.
struct FieldRule {
    std::string_view name;
    FieldKind kind = FieldKind::text;
    std::int64_t least = 0;  // number: the least value.
    std::int64_t most = 0;   // number: the greatest value; text: characters; object, list: bytes.
    std::uint8_t products = 0;      // A bit for each Product.
    std::uint8_t required_for = 0;  // A bit for each Product that does not go without it.
    bool in_fingerprint = true;     // A repeat must bring the same.
    std::string_view wire_name;     // In biz_content; empty: not sent as it is.
    std::string_view choices;       // choice: "a b c".
};

std::span<const FieldRule> create_fields();

constexpr std::uint8_t bit_of(Product product) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(product));
}

inline constexpr std::uint8_t kEveryProduct = (1U << kProducts.size()) - 1;

}  // namespace tollgate::gateway
