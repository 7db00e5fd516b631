// The half of SqliteOutbox that writes endpoints.
#include <algorithm>

#include "base/check.h"
#include "ledger/sqlite_outbox.h"
#include "ledger/sqlite_outbox_reading.h"
#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

const std::string& changed_since_sql() {
    static const std::string kSql = select_endpoints("version > ? ORDER BY version");
    return kSql;
}
const std::string& configured_sql() {
    static const std::string kSql = select_endpoints("origin = 'config'");
    return kSql;
}
const std::string& by_id_sql() {
    static const std::string kSql = select_endpoints("endpoint_id = ?");
    return kSql;
}

constexpr const char* kNotInSettings = "not_in_settings";

constexpr const char* kCancelNeverTried =
    "UPDATE delivery SET status = 'cancelled', finished_ms = ?, claimed_ms = NULL,"
    " lease_until_ms = NULL WHERE endpoint = ? AND status = 'pending' AND attempts = 0";
constexpr const char* kCancelTriedBefore =
    "UPDATE delivery SET status = 'cancelled', finished_ms = ?, claimed_ms = NULL,"
    " lease_until_ms = NULL WHERE endpoint = ? AND status = 'pending' AND attempts > 0";

bool same_plan(const EndpointPlan& a, const EndpointPlan& b) {
    return a.url == b.url && a.description == b.description && a.apps == b.apps &&
           a.event_types == b.event_types && a.rules == b.rules;
}

}  // namespace

Result<std::vector<Endpoint>> SqliteOutbox::endpoints_changed_since(std::int64_t version) {
    TOLLGATE_TRY(Statement* const select, statements_.get(changed_since_sql().c_str()));
    select->bind(1, version);
    return read_all(*select, read_endpoint<Statement>);
}

Result<std::int64_t> SqliteOutbox::next_version() {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT coalesce(max(version), 0) + 1 FROM endpoint"));
    TOLLGATE_TRY(const bool found, select->step());
    TOLLGATE_CHECK(found);
    const std::int64_t version = select->integer(0);
    select->again();
    return version;
}

// Of what has been published up to now, the last that can be this endpoint's.
Result<RowId> SqliteOutbox::last_delivery(RowId endpoint) {
    TOLLGATE_TRY(Statement* const select, statements_.get("SELECT last FROM publication"));
    TOLLGATE_TRY(const bool found, select->step());
    TOLLGATE_CHECK(found);
    const RowId last = delivery_row(endpoint, select->integer(0));
    select->again();
    return last;
}

Result<Done> SqliteOutbox::add_endpoint(Endpoint& endpoint) {
    TOLLGATE_TRY(endpoint.version, next_version());
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO endpoint (endpoint_id, origin, url, description, apps,"
                        " event_types, rules, status, version, created_ms, updated_ms)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    // Bound texts must live until the statement has run.
    const std::string apps = join_lines(endpoint.plan.apps);
    const std::string types = join_lines(endpoint.plan.event_types);
    insert->bind(1, endpoint.id).bind(2, name_of(endpoint.origin)).bind(3, endpoint.plan.url);
    insert->bind(4, endpoint.plan.description).bind(5, apps).bind(6, types);
    insert->bind(7, endpoint.plan.rules).bind(8, name_of(endpoint.status));
    insert->bind(9, endpoint.version).bind(10, endpoint.created_at.ms);
    insert->bind(11, endpoint.created_at.ms);
    TOLLGATE_DO(insert->run());
    endpoint.row = db_.last_row();
    endpoint.updated_at = endpoint.created_at;
    return Done{};
}

// Everything but the row, the id, the origin and the time of making.
Result<Done> SqliteOutbox::write_endpoint(const Endpoint& endpoint, std::int64_t version_before) {
    TOLLGATE_TRY(
        Statement* const update,
        statements_.get("UPDATE endpoint SET url = ?, description = ?, apps = ?, event_types = ?,"
                        " rules = ?, status = ?, parked_reason = ?, parked_ms = ?,"
                        " failing_since_ms = ?, open_until_ms = ?, openings = ?, backlog_to = ?,"
                        " version = ?, updated_ms = ? WHERE id = ? AND version = ?"));
    const std::string apps = join_lines(endpoint.plan.apps);
    const std::string types = join_lines(endpoint.plan.event_types);
    update->bind(1, endpoint.plan.url).bind(2, endpoint.plan.description).bind(3, apps);
    update->bind(4, types).bind(5, endpoint.plan.rules).bind(6, name_of(endpoint.status));
    update->bind(7, endpoint.parked_reason).bind(8, ms_of(endpoint.parked_at));
    update->bind(9, ms_of(endpoint.health.failing_since));
    update->bind(10, ms_of(endpoint.health.open_until)).bind(11, endpoint.health.openings);
    update->bind(12, endpoint.backlog_to).bind(13, endpoint.version);
    update->bind(14, endpoint.updated_at.ms).bind(15, endpoint.row).bind(16, version_before);
    return change_one(*update);
}

Result<Done> SqliteOutbox::set_plan(Endpoint& endpoint, const EndpointPlan& plan, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.plan = plan;
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.version, next_version());
    return write_endpoint(endpoint, before);
}

Result<Done> SqliteOutbox::park(Endpoint& endpoint, std::string_view reason, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.status = EndpointStatus::parked;
    endpoint.parked_reason = std::string(reason);
    endpoint.parked_at = now;
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.version, next_version());
    return write_endpoint(endpoint, before);
}

Result<Done> SqliteOutbox::enable(Endpoint& endpoint, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.status = EndpointStatus::enabled;
    endpoint.parked_reason.reset();
    endpoint.parked_at.reset();
    endpoint.health = {};
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.backlog_to, last_delivery(endpoint.row));
    TOLLGATE_TRY(endpoint.version, next_version());
    return write_endpoint(endpoint, before);
}

Result<Done> SqliteOutbox::remove(Endpoint& endpoint, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.status = EndpointStatus::removed;
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.version, next_version());
    TOLLGATE_DO(write_endpoint(endpoint, before));
    // In two, in the words of an index each: what has been delivered is not even looked at.
    for (const char* const sql : {kCancelNeverTried, kCancelTriedBefore}) {
        TOLLGATE_TRY(Statement* const cancel, statements_.get(sql));
        cancel->bind(1, now.ms).bind(2, endpoint.row);
        TOLLGATE_DO(cancel->run());
    }
    TOLLGATE_TRY(Statement* const forget,
                 statements_.get("DELETE FROM endpoint_secret WHERE endpoint = ?"));
    forget->bind(1, endpoint.row);
    return forget->run();
}

Result<Done> SqliteOutbox::set_health(RowId endpoint, const EndpointHealth& health,
                                      bool outage_over, Timestamp now) {
    TOLLGATE_TRY(const std::int64_t version, next_version());
    RowId backlog_to = 0;
    if (outage_over) {
        TOLLGATE_TRY(backlog_to, last_delivery(endpoint));
    }
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE endpoint SET failing_since_ms = ?, open_until_ms = ?,"
                                 " openings = ?, backlog_to = max(backlog_to, ?), version = ?,"
                                 " updated_ms = ? WHERE id = ?"));
    update->bind(1, ms_of(health.failing_since)).bind(2, ms_of(health.open_until));
    update->bind(3, health.openings).bind(4, backlog_to).bind(5, version).bind(6, now.ms);
    update->bind(7, endpoint);
    return update->run();
}

Result<Done> SqliteOutbox::add_secret(const Endpoint& endpoint, const Secret& secret,
                                      std::optional<Timestamp> others_expire, Timestamp now) {
    TOLLGATE_TRY(Statement* const expire,
                 statements_.get("UPDATE endpoint_secret SET expires_ms ="
                                 " min(coalesce(expires_ms, ?1), ?1) WHERE endpoint = ?2"));
    expire->bind(1, others_expire.value_or(now).ms).bind(2, endpoint.row);
    TOLLGATE_DO(expire->run());
    TOLLGATE_TRY(Statement* const forget,
                 statements_.get("DELETE FROM endpoint_secret WHERE endpoint = ?"
                                 " AND expires_ms <= ?"));
    forget->bind(1, endpoint.row).bind(2, now.ms);
    TOLLGATE_DO(forget->run());
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO endpoint_secret (endpoint, secret, created_ms)"
                                 " VALUES (?, ?, ?)"));
    insert->bind(1, endpoint.row).bind(2, secret.reveal()).bind(3, now.ms);
    TOLLGATE_DO(insert->run());
    // Whoever signs learns of it by the endpoint's version.
    TOLLGATE_TRY(const std::int64_t version, next_version());
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE endpoint SET version = ?, updated_ms = ? WHERE id = ?"));
    update->bind(1, version).bind(2, now.ms).bind(3, endpoint.row);
    return change_one(*update);
}

Result<Done> SqliteOutbox::set_configured_endpoints(const std::vector<Configured>& endpoints,
                                                    Timestamp now) {
    TOLLGATE_TRY(Statement* const select, statements_.get(configured_sql().c_str()));
    TOLLGATE_TRY(auto known, read_all(*select, read_endpoint<Statement>));
    for (Endpoint& endpoint : known) {
        const bool named = std::ranges::any_of(
            endpoints, [&](const Configured& configured) { return configured.id == endpoint.id; });
        if (named || endpoint.status != EndpointStatus::enabled) continue;
        TOLLGATE_DO(park(endpoint, kNotInSettings, now));
    }
    for (const Configured& configured : endpoints) {
        TOLLGATE_TRY(Statement* const by_id, statements_.get(by_id_sql().c_str()));
        by_id->bind(1, configured.id);
        TOLLGATE_TRY(auto found, read_all(*by_id, read_endpoint<Statement>));
        if (found.empty()) {
            Endpoint endpoint;
            endpoint.id = configured.id;
            endpoint.plan = configured.plan;
            endpoint.created_at = now;
            TOLLGATE_DO(add_endpoint(endpoint));
            continue;
        }
        Endpoint& endpoint = found.front();
        // The settings may name what the API made, or removed: from now on it is theirs.
        if (endpoint.origin == EndpointOrigin::api) {
            TOLLGATE_TRY(Statement* const adopt,
                         statements_.get("UPDATE endpoint SET origin = 'config' WHERE id = ?"));
            adopt->bind(1, endpoint.row);
            TOLLGATE_DO(adopt->run());
        }
        if (!same_plan(endpoint.plan, configured.plan)) {
            TOLLGATE_DO(set_plan(endpoint, configured.plan, now));
        }
        const bool was_gone =
            endpoint.status == EndpointStatus::removed || endpoint.parked_reason == kNotInSettings;
        if (was_gone) TOLLGATE_DO(enable(endpoint, now));
    }
    return Done{};
}

}  // namespace tollgate::ledger
