#include "tests/simulation/faults.h"

#include <utility>

namespace tollgate::simulation {

Faults Faults::drawn_from(Dice& dice) {
    const auto some = [&dice](int most) {
        const bool left_out = dice.chance(500);
        const int drawn = 1 + static_cast<int>(dice.below(static_cast<std::uint64_t>(most)));
        return left_out ? 0 : drawn;
    };
    Faults faults;
    faults.refused = some(200);
    faults.request_lost = some(200);
    faults.reply_lost = some(200);
    faults.duplicated = some(300);
    faults.slow = some(300);
    faults.corrupted = some(100);
    faults.error_before = some(150);
    faults.error_after = some(150);
    faults.alipay_trouble = some(300);
    faults.receiver_trouble = some(400);
    faults.forgeries = some(200);
    faults.foreign_trades = some(40);
    faults.chatty = some(500);
    faults.immediate_finish = some(300);
    faults.refusals = some(100);
    faults.late_money = some(500);
    faults.external_refunds = some(100);
    faults.closes = some(200);
    faults.refunds = some(400);
    faults.replaces = some(150);
    faults.second_tries = some(100);
    faults.crashes = some(6);
    faults.power_loss = some(1000);
    faults.disk_troubles = some(4);
    faults.clock_jumps = some(5);
    // From a copy of the stream, so that seeds from before it was there play as they did.
    Dice copy = dice;
    faults.repeat_refusals = copy.chance(500) ? 0 : 1 + static_cast<int>(copy.below(1000));
    faults.preauths = copy.chance(500) ? 0 : 1 + static_cast<int>(copy.below(300));
    faults.late_reports = copy.chance(500) ? 0 : 1 + static_cast<int>(copy.below(500));
    faults.jump_max = std::chrono::milliseconds(faults.clock_jumps > 0 ? 240'000 : 0);
    return faults;
}

std::string Faults::text() const {
    std::string text;
    for (const auto& [name, value] : {std::pair{"refused", refused},
                                      std::pair{"request_lost", request_lost},
                                      std::pair{"reply_lost", reply_lost},
                                      std::pair{"duplicated", duplicated},
                                      std::pair{"slow", slow},
                                      std::pair{"corrupted", corrupted},
                                      std::pair{"error_before", error_before},
                                      std::pair{"error_after", error_after},
                                      std::pair{"alipay_trouble", alipay_trouble},
                                      std::pair{"receiver_trouble", receiver_trouble},
                                      std::pair{"forgeries", forgeries},
                                      std::pair{"foreign_trades", foreign_trades},
                                      std::pair{"chatty", chatty},
                                      std::pair{"immediate_finish", immediate_finish},
                                      std::pair{"refusals", refusals},
                                      std::pair{"repeat_refusals", repeat_refusals},
                                      std::pair{"late_reports", late_reports},
                                      std::pair{"late_money", late_money},
                                      std::pair{"external_refunds", external_refunds},
                                      std::pair{"closes", closes},
                                      std::pair{"refunds", refunds},
                                      std::pair{"replaces", replaces},
                                      std::pair{"second_tries", second_tries},
                                      std::pair{"preauths", preauths},
                                      std::pair{"crashes", crashes},
                                      std::pair{"power_loss", power_loss},
                                      std::pair{"disk_troubles", disk_troubles},
                                      std::pair{"clock_jumps", clock_jumps}}) {
        if (value != 0) text += " " + std::string(name) + "=" + std::to_string(value);
    }
    return text.empty() ? " none" : text;
}

}  // namespace tollgate::simulation
