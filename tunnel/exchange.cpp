#include "tunnel/exchange.h"

#include "base/check.h"

namespace tollgate::tunnel {

std::string_view name_of(ExchangeState state) {
    switch (state) {
        case ExchangeState::waiting: return "waiting";
        case ExchangeState::answered: return "answered";
        case ExchangeState::dropped: return "dropped";
    }
    TOLLGATE_CHECK(false);
}

std::optional<ExchangeState> exchange_state_from(std::string_view name) {
    for (const auto state :
         {ExchangeState::waiting, ExchangeState::answered, ExchangeState::dropped}) {
        if (name_of(state) == name) return state;
    }
    return std::nullopt;
}

}  // namespace tollgate::tunnel
