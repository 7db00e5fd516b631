#include "gateway/look_schedule.h"

#include <algorithm>
#include <array>
#include <span>

#include "gateway/trade_judgement.h"

namespace tollgate::gateway {
namespace {

using ledger::PaymentStatus;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Up to this age, wait so long between two looks.
struct Rung {
    milliseconds age;
    milliseconds wait;
};

constexpr milliseconds kForEver = hours(24 * 365);

constexpr std::array kBrowser = {Rung{minutes(1), minutes(2)}, Rung{minutes(10), minutes(3)},
                                 Rung{hours(1), minutes(10)}, Rung{kForEver, hours(1)}};
constexpr std::array kScanned = {Rung{minutes(1), seconds(15)}, Rung{minutes(5), seconds(30)},
                                 Rung{minutes(30), minutes(2)}, Rung{hours(3), minutes(10)},
                                 Rung{kForEver, hours(1)}};
constexpr std::array kAtTheCounter = {Rung{minutes(1), seconds(5)}, Rung{minutes(5), seconds(10)},
                                      Rung{minutes(30), minutes(1)}, Rung{kForEver, minutes(10)}};
// What somebody waits for an end of.
constexpr std::array kEnding = {Rung{minutes(1), seconds(10)}, Rung{minutes(10), seconds(30)},
                                Rung{hours(1), minutes(2)}, Rung{kForEver, minutes(15)}};
// `unknown`, of a product whose call is made again.
constexpr std::array kInDoubt = {Rung{minutes(1), seconds(30)}, Rung{minutes(10), minutes(1)},
                                 Rung{kForEver, minutes(10)}};

std::span<const Rung> ladder_of(const ledger::Payment& payment) {
    if (payment.status == PaymentStatus::closing) return kEnding;
    if (payment.product == "barcode") return kAtTheCounter;
    if (payment.status == PaymentStatus::unknown) return kInDoubt;
    if (payment.product == "qr" || payment.product == "jsapi") return kScanned;
    return kBrowser;
}

}  // namespace

std::optional<Timestamp> next_look(const ledger::Payment& payment, Timestamp now, Random& dice) {
    if (ledger::is_final(payment.status) || payment.status == PaymentStatus::paid || payment.held) {
        return std::nullopt;
    }
    // What is being closed is young again since it was asked for.
    const Timestamp since =
        payment.status == PaymentStatus::closing ? payment.updated_at : payment.created_at;
    const auto ladder = ladder_of(payment);
    const auto rung = std::ranges::find_if(
        ladder, [age = now - since](const Rung& candidate) { return age < candidate.age; });
    milliseconds wait = rung == ladder.end() ? ladder.back().wait : rung->wait;
    wait += milliseconds(dice.below(static_cast<std::uint64_t>(wait.count() / 5) + 1));
    Timestamp at = now + wait;
    // Just past its expiry, and just past the grace that follows, there is something to decide.
    constexpr seconds kJustPast{2};
    for (const Timestamp end : {payment.expires_at, payment.expires_at + kExpiryGrace}) {
        if (now < end + kJustPast && end + kJustPast < at) {
            at = end + kJustPast;
            break;
        }
    }
    return at;
}

}  // namespace tollgate::gateway
