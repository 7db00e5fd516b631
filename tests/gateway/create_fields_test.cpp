// The fields of POST /v1/payments against the description of each product's method.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "gateway/alipay/method.h"
#include "gateway/create_fields.h"
#include "tests/support/source_dir.h"

namespace tollgate {
namespace {

using gateway::FieldKind;
using gateway::FieldRule;
using gateway::WireField;

const WireField* wire_field(const gateway::ProductInfo& product, std::string_view name) {
    const auto* const method = gateway::find_method(product.method);
    const auto found = std::ranges::find(method->fields, name, &WireField::name);
    return found == method->fields.end() ? nullptr : &*found;
}

// What we let pass must not be refused by our own check of the call, or by Alipay.
TEST(CreateFields, LetNothingThroughThatAlipayDoesNotTake) {
    for (const gateway::ProductInfo& product : gateway::kProducts) {
        ASSERT_NE(gateway::find_method(product.method), nullptr) << product.name;
        for (const FieldRule& rule : gateway::create_fields()) {
            const bool taken = (rule.products & gateway::bit_of(product.product)) != 0;
            if (!taken || rule.wire_name.empty()) continue;
            SCOPED_TRACE(std::string(product.name) + " " + std::string(rule.name));
            const WireField* const field = wire_field(product, rule.wire_name);
            ASSERT_NE(field, nullptr);
            if (rule.kind == FieldKind::choice) {
                EXPECT_EQ(rule.choices, field->choices);
            } else {
                EXPECT_LE(static_cast<std::size_t>(rule.most), field->length_max);
            }
        }
        for (const char* ours : {"total_amount", "product_code", "time_expire"}) {
            EXPECT_NE(wire_field(product, ours), nullptr) << product.name << " " << ours;
        }
        const WireField* const code = wire_field(product, "product_code");
        EXPECT_NE(code->choices.find(product.product_code), std::string_view::npos);
    }
}

TEST(CreateFields, HoldEverythingThatAProductNeeds) {
    for (const FieldRule& rule : gateway::create_fields()) {
        EXPECT_EQ(rule.required_for & ~rule.products, 0) << rule.name;
    }
}

TEST(CreateFields, AreAllInTheDocumentation) {
    std::ifstream file(source_dir() / "docs/api.md");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (const FieldRule& rule : gateway::create_fields()) {
        EXPECT_NE(text.find("`" + std::string(rule.name) + "`"), std::string::npos) << rule.name;
    }
}

}  // namespace
}  // namespace tollgate
