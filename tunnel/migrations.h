#pragma once

#include <vector>

#include "base/migrate.h"

namespace tollgate::tunnel {

// Embedded from tunnel/migrations/.
std::vector<Migration> relay_migrations();

}  // namespace tollgate::tunnel
