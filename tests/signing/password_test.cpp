#include "signing/password.h"

#include <gtest/gtest.h>

#include "signing/entropy.h"

namespace tollgate::signing {
namespace {

constexpr ScryptCost kCheap{.log2_n = 10, .r = 8, .p = 1};

// Made by another implementation (Python's hashlib).
constexpr const char* kKnown =
    "scrypt$10$8$2$000102030405060708090a0b0c0d0e0f$"
    "9a7136166418152218e4a33c6311a0ca4f1580e4f2d6a2a01b63d4fc209cfe8b";

TEST(Password, MatchesWhatAnotherImplementationHashed) {
    const auto hash = PasswordHash::parse(kKnown);
    ASSERT_TRUE(hash) << hash.error().message();
    EXPECT_TRUE(hash->matches(Secret("顾客 pass")));
    EXPECT_FALSE(hash->matches(Secret("顾客 pass ")));
    EXPECT_FALSE(hash->matches(Secret("")));
    EXPECT_EQ(hash->text(), kKnown);
}

TEST(Password, HasASaltOfItsOwnEachTime) {
    const Secret password("correct horse battery");
    const auto first = PasswordHash::of(password, openssl_entropy(), kCheap);
    const auto second = PasswordHash::of(password, openssl_entropy(), kCheap);
    EXPECT_NE(first.text(), second.text());
    const auto read = PasswordHash::parse(second.text());
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->matches(password));
    EXPECT_EQ(second.text().find("correct"), std::string::npos);
}

TEST(Password, IsDearByDefault) {
    EXPECT_TRUE(
        PasswordHash::of(Secret("x"), openssl_entropy()).text().starts_with("scrypt$15$8$3$"));
}

TEST(Password, RefusesWhatIsNoHashOfOurs) {
    const std::string good = kKnown;
    for (const std::string& text :
         {std::string(), std::string("secret"), std::string("bcrypt") + good.substr(6),
          good.substr(0, good.size() - 2), good + "00", "scrypt$9" + good.substr(9),
          "scrypt$21" + good.substr(9), "scrypt$-1" + good.substr(9),
          "scrypt$20$32" + good.substr(11)}) {
        EXPECT_FALSE(PasswordHash::parse(text)) << text;
    }
}

}  // namespace
}  // namespace tollgate::signing
