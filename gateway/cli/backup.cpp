#include "gateway/cli/backup.h"

#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

#include "base/beijing_day.h"
#include "base/time_text.h"
#include "gateway/cli/command_ledger.h"
#include "gateway/cli/exit_code.h"
#include "gateway/cli/progress.h"
#include "gateway/reconcile/reconciler.h"
#include "ledger/sqlite_backup.h"

namespace tollgate::gateway::cli {
namespace {

constexpr int kDaysNamedMax = 90;

int refuse(const std::string& why, int code = kRefused) {
    static_cast<void>(std::fprintf(stderr, "tollgate: %s\n", why.c_str()));
    return code;
}

int refuse(const Error& error) {
    return refuse(error.message(),
                  error.code() == ErrorCode::unavailable ? kUnavailable : kRefused);
}

// A line of what is still open; whether it is any.
bool say_open(const char* what, std::int64_t count) {
    std::printf("%-52s %lld\n", what, static_cast<long long>(count));  // NOLINT: printf.
    return count > 0;
}

// Days on which money moved unseen and whose bill has not told of it yet; whether there are any.
Result<bool> say_days(const config::Settings& settings, ledger::Reading& reading, Timestamp since,
                      Timestamp resumed) {
    bool any = false;
    for (const auto& seller : reconcile::sellers_of(settings.apps)) {
        BeijingDay day = BeijingDay::of(resumed);
        for (int i = 0; i < kDaysNamedMax && day.end() > since; ++i, day = day.previous()) {
            TOLLGATE_TRY(const auto known,
                         reading.reconciliations().find(
                             {.seller_id = seller.seller_id, .date = day.text()}));
            if (known && known->status == ledger::ReconciliationStatus::complete) continue;
            std::printf("not compared with its bill yet: %s %s\n", seller.seller_id.c_str(),
                        day.text().c_str());
            any = true;
        }
    }
    return any;
}

// Whether anything is open. What a gateway has made since it resumed is none of the guard's
// business: of that the ledger hears all.
Result<bool> say_unsettled(const config::Settings& settings, CommandLedger& ledger,
                           const ledger::Guard& guard) {
    if (!guard.resumed) std::puts("no gateway has begun on it since: nothing has been asked yet");
    const Timestamp resumed = guard.resumed.value_or(system_clock().now());
    TOLLGATE_TRY(const auto reading, ledger.store().read());
    TOLLGATE_TRY(const auto unsettled, reading->guard().unsettled(resumed));
    bool any = !guard.resumed;
    any |= say_open("payments that nobody knows the end of", unsettled.payments);
    any |= say_open("refunds that nobody knows the end of", unsettled.refunds);
    any |= say_open("pre-authorisations that have not ended", unsettled.preauthorisations);
    any |= say_open("open differences", unsettled.differences);
    TOLLGATE_TRY(const bool days, say_days(settings, *reading, guard.since, resumed));
    return any || days;
}

Result<int> end_guard(const config::Settings& settings, bool certain) {
    Log log(STDERR_FILENO, system_clock(), LogLevel::error);
    TOLLGATE_TRY(const auto ledger, CommandLedger::open(settings.store, log));
    std::optional<ledger::Guard> guard;
    {
        TOLLGATE_TRY(const auto reading, ledger->store().read());
        TOLLGATE_TRY(guard, reading->guard().find());
    }
    if (!guard) {
        std::puts("the ledger is not guarded");
        return kDone;
    }
    std::printf("guarded since %s\n", to_rfc3339(guard->since).c_str());
    TOLLGATE_TRY(const bool any, say_unsettled(settings, *ledger, *guard));
    if (any && !certain) {
        std::puts("nothing was changed: --yes ends the guard all the same");
        return kRefused;
    }
    TOLLGATE_DO(ledger->transact([](ledger::Books& books) { return books.guard().end(); }));
    std::puts("the guard has ended");
    return kDone;
}

}  // namespace

int back_up(const config::Settings& settings, const std::string& file) {
    if (settings.store.postgres) {
        return refuse(
            "a ledger in PostgreSQL is backed up by PostgreSQL: by pg_basebackup with an archive "
            "of "
            "its log, which gets every commit back, or by pg_dump --format=custom, which gets one "
            "moment back (docs/postgres.md)");
    }
    ::umask(077);  // It holds buyers' data.
    ProgressBar bar;
    const auto backup = ledger::back_up_sqlite(
        settings.store.sqlite_file, file, system_clock(),
        [&bar](std::int64_t pages, std::int64_t of) { bar.show("copying", pages, of); });
    if (!backup) return refuse(backup.error());
    std::printf("%s: %lld bytes, as of %s, checked\n", file.c_str(),
                static_cast<long long>(backup->bytes),  // NOLINT(google-runtime-int): printf.
                to_rfc3339(backup->taken_at).c_str());
    return kDone;
}

int restore(const config::Settings& settings, const std::string& file, bool replaces) {
    if (settings.store.postgres) {
        return refuse(
            "a ledger in PostgreSQL is restored by PostgreSQL: by its base backup and log, or by "
            "pg_restore. Then tollgate store guard --since says that money has moved since "
            "(docs/postgres.md)");
    }
    ::umask(077);
    const std::string& place = settings.store.sqlite_file;
    ProgressBar bar;
    const auto restored = ledger::restore_sqlite(
        {.backup = file, .ledger_file = place, .replaces = replaces}, system_clock(),
        [&bar](std::int64_t pages, std::int64_t of) { bar.show("copying", pages, of); });
    if (!restored) {
        const bool is_there = restored.error().code() == ErrorCode::conflict && !replaces;
        if (!is_there) return refuse(restored.error());
        return refuse(restored.error().message() + "; --replace keeps it aside");
    }
    if (restored->kept_aside) {
        std::printf("the ledger that was there is now %s\n", restored->kept_aside->c_str());
    }
    std::printf("%s is the ledger as of %s, and guarded: tollgate store unguard ends that\n",
                place.c_str(), to_rfc3339(restored->since).c_str());
    return kDone;
}

int guard(const config::Settings& settings, const std::string& since) {
    const auto at = parse_rfc3339(since);
    if (!at) return refuse("--since: " + at.error().message(), kUsage);
    if (*at > system_clock().now()) return refuse("--since: that has not been yet", kUsage);
    Log log(STDERR_FILENO, system_clock(), LogLevel::error);
    const auto ledger = CommandLedger::open(settings.store, log);
    if (!ledger) return refuse(ledger.error());
    const auto begun =
        (*ledger)->transact([&](ledger::Books& books) { return books.guard().begin(*at); });
    if (!begun) return refuse(begun.error());
    std::printf("the ledger is guarded: tollgate store unguard ends that\n");
    return kDone;
}

int unguard(const config::Settings& settings, bool certain) {
    const auto code = end_guard(settings, certain);
    return code ? *code : refuse(code.error());
}

}  // namespace tollgate::gateway::cli
