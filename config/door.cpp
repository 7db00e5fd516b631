#include "config/door.h"

namespace tollgate::config {
namespace {

constexpr std::int64_t kKilobyte = 1024;

void read_door_tls(Section section, DoorTls& into) {
    section.need_path("certificate", into.certificate_file);
    section.need_path("key", into.key_file);
    section.may_have_path("client_ca", into.client_ca_file);
    section.may_have_bool("client_needed", into.client_needed);
    if (section.has("client_needed") && into.client_ca_file.empty()) {
        section.problem_at("client_needed", "has a meaning with \"client_ca\" alone");
    }
    section.finish();
}

void read_kilobytes(Section& section, const char* key, std::int64_t& into, std::int64_t most) {
    std::int64_t kilobytes = into / kKilobyte;
    section.may_have_integer(key, kilobytes, 1, most);
    into = kilobytes * kKilobyte;
}

void read_door_limits(Section section, DoorLimits& into) {
    section.may_have_integer("connections_max", into.connections_max, 1, 1'000'000);
    read_kilobytes(section, "head_kilobytes_max", into.head_bytes_max, 64);
    read_kilobytes(section, "body_kilobytes_max", into.body_bytes_max, 16 * kKilobyte);
    section.may_have_seconds("request_seconds", into.request_time, 1, 300);
    section.may_have_seconds("idle_seconds", into.idle_time, 1, 3'600);
    section.finish();
}

}  // namespace

void read_door_parts(Section& section, DoorTls& tls, DoorLimits& limits) {
    if (section.has("tls")) read_door_tls(section.child("tls"), tls);
    if (section.has("limits")) read_door_limits(section.child("limits"), limits);
}

}  // namespace tollgate::config
