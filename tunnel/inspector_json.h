#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "tunnel/compare.h"
#include "tunnel/exchange.h"
#include "tunnel/verdict.h"

namespace tollgate::tunnel {

// What an inspector's page is told. Ids are numbers below 2^53; times are RFC 3339. Card numbers
// are masked unless `reveal`. Pure.
using Json = nlohmann::json;

// One line of the list.
Json summary_of(const Exchange& exchange, const Verdict& verdict);

// The whole of it. Bodies are cut after kShownBytesMax; their exact bytes have an address of their
// own.
Json page_of(const Exchange& exchange, const Verdict& verdict, std::string curl, bool reveal);

inline constexpr std::size_t kShownBytesMax = std::size_t{256} * 1024;

Json to_json(const std::vector<DiffLine>& diff);

// Bytes that are not UTF-8 become U+FFFD instead of an error.
std::string to_text(const Json& json);

}  // namespace tollgate::tunnel
