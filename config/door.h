#pragma once

#include "config/json_reader.h"
#include "config/settings.h"

namespace tollgate::config {

// What every door has besides its address: the members "tls" and "limits", where they are there.
void read_door_parts(Section& section, DoorTls& tls, DoorLimits& limits);

}  // namespace tollgate::config
