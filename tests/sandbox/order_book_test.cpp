#include <gtest/gtest.h>

#include "sandbox/order_book.h"
#include "tests/sandbox/request_maker.h"

namespace tollgate::sandbox {
namespace {

class Orders : public testing::Test {
protected:
    Orders()
        : order_(
              book_.add({.product = "page", .amount = Money::from_fen(100), .created_at = kNow})) {}

    PaymentNews news(const char* status, std::int64_t version) const {
        return {.out_trade_no = order_.out_trade_no,
                .payment_id = "pay_1",
                .status = status,
                .version = version,
                .amount_fen = 100};
    }

    CountingEntropy entropy_;
    OrderBook book_{entropy_};
    ShopOrder& order_;
};

TEST_F(Orders, NumbersFitAlipay) {
    EXPECT_LE(order_.out_trade_no.size(), 64U);
    EXPECT_EQ(order_.out_trade_no.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string::npos);
}

TEST_F(Orders, NewerNewsWins) {
    book_.created(order_.order, {.id = "pay_1", .status = "pending", .version = 1});
    EXPECT_EQ(*book_.apply("e1", news("paid", 3)), OrderBook::Applied::changed);
    EXPECT_EQ(*book_.apply("e1", news("paid", 3)), OrderBook::Applied::repeated);
    EXPECT_EQ(*book_.apply("e2", news("closed", 2)), OrderBook::Applied::older);
    EXPECT_EQ(order_.status, "paid");
    EXPECT_TRUE(order_.event_delivered);
}

TEST_F(Orders, TheEventMayOvertakeTheAnswer) {
    ASSERT_TRUE(book_.apply("e1", news("paid", 2)));
    book_.created(order_.order, {.id = "pay_1", .status = "pending", .version = 1});
    EXPECT_EQ(order_.status, "paid");
}

TEST_F(Orders, AFailedSecondTryTakesNothingFromAPaidOrder) {
    book_.could_not_create(order_.order, "the gateway is away");
    EXPECT_EQ(order_.reason, "the gateway is away");
    std::int64_t version = 1;
    for (const char* status : {"paid", "refunded", "finished"}) {
        ASSERT_TRUE(book_.apply("e" + std::string(status), news(status, ++version)));
        book_.could_not_create(order_.order, "it is paid already");
        EXPECT_EQ(order_.reason, "") << status;
    }
}

TEST_F(Orders, AnotherAmountIsRefused) {
    PaymentNews wrong = news("paid", 2);
    wrong.amount_fen = 99;
    EXPECT_EQ(book_.apply("e1", wrong).error().code(), ErrorCode::conflict);
    EXPECT_EQ(order_.status, "new");
    EXPECT_TRUE(book_.apply("e1", news("paid", 2)));  // The refused one has not used the id.
    EXPECT_EQ(order_.status, "paid");
}

TEST_F(Orders, NewsOfOthersIsNotOurs) {
    PaymentNews other = news("paid", 2);
    other.out_trade_no = "X";
    EXPECT_EQ(*book_.apply("e1", other), OrderBook::Applied::not_ours);
}

TEST_F(Orders, ReadsWhatTheGatewayAnswers) {
    const auto created = read_created_payment(*parse_object(
        R"({"id":"pay_1","status":"pending","version":1,"action":{"type":"qr","qr_code":"http://x"}})"));
    ASSERT_TRUE(created);
    EXPECT_EQ(created->action.text, "http://x");
    for (const char* text : {"{}", R"({"id":1,"status":"x","version":1})",
                             R"({"id":"a","status":"x","version":"1"})"}) {
        EXPECT_FALSE(read_created_payment(*parse_object(text))) << text;
    }
    EXPECT_FALSE(read_payment_news(*parse_object(R"({"data":{"payment":[]}})")));
}

}  // namespace
}  // namespace tollgate::sandbox
