// What an answer to a refund's query proves.
#include "gateway/refund_answers.h"

#include <gtest/gtest.h>

namespace tollgate::gateway {
namespace {

using ledger::RefundInput;
using nlohmann::json;

RefundInput read(json node) {
    node["code"] = "10000";
    return read_refund_query(AlipayAnswer{.kind = AlipayAnswer::Kind::done,
                                          .is_signed = true,
                                          .code = "10000",
                                          .node = std::move(node)})
        .input;
}

TEST(RefundQuery, ProvesARefundByItsStateOrByItsDataAlone) {
    EXPECT_EQ(read({{"refund_status", "REFUND_SUCCESS"}, {"refund_amount", "3.00"}}),
              RefundInput::query_found);
    EXPECT_EQ(read({{"refund_amount", "3.00"}}), RefundInput::query_found);
}

TEST(RefundQuery, ProvesNothingByAnAmountThatWentWrongLater) {
    EXPECT_EQ(read({{"refund_amount", "3.00"}, {"error_code", "ACCOUNT_CLOSED"}}),
              RefundInput::query_unclear);
    EXPECT_EQ(read({{"refund_status", "REFUND_SUCCESS"}}), RefundInput::query_unclear);
}

TEST(RefundQuery, IsEmptyWithoutDataOrAfterAFailure) {
    EXPECT_EQ(read({{"out_request_no", "R1"}}), RefundInput::query_empty);
    EXPECT_EQ(read({{"refund_status", "REFUND_FAIL"}, {"error_code", "ACCOUNT_CLOSED"}}),
              RefundInput::query_empty);
    EXPECT_EQ(read({{"refund_status", "REFUND_PROCESSING"}, {"refund_amount", "3.00"}}),
              RefundInput::query_unclear);
}

}  // namespace
}  // namespace tollgate::gateway
