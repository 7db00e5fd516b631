#include "tests/simulation/run.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "ledger/migrations.h"
#include "tests/simulation/gateway_process.h"
#include "tests/simulation/oracle.h"
#include "tests/support/fakes.h"

namespace tollgate::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr const char* kLedgerName = "/ledger.db";
// After the last order the faults go on for so long, ...
constexpr milliseconds kStormAfter = minutes(20);
// ... and everything must have come right so long after they have stopped.
constexpr hours kCalmMax{120};
constexpr milliseconds kRestCheck = minutes(5);
constexpr milliseconds kRestCheckMax = hours(2);
// What is removed for its age is so old, where anything is.
constexpr milliseconds kKeptMin = minutes(2);
constexpr milliseconds kKeptMax = hours(6);

const KeySet& keys_of(Keys keys) {
    static const KeySet kFast = KeySet::fast();
    if (keys == Keys::fast) return kFast;
    static const KeySet kRsa = KeySet::rsa();
    return kRsa;
}

callbacks::Apps apps_with(const KeySet& keys, const callbacks::PaymentRules& rules) {
    callbacks::App app{
        .id = "shop",
        .app_id = std::string(kAppId),
        .seller_ids = {std::string(kSellerId)},
        .gateway_url = std::string(kGatewayUrl),
        .sign_type = signing::SignType::rsa2,
        .private_key = keys.app,
        .public_key = keys.app.public_half(),
        .alipay = {.alipay = {keys.alipay.public_half()}, .sign_type = signing::SignType::rsa2},
        .rules = rules};
    std::vector<callbacks::App> apps;
    apps.push_back(std::move(app));
    return callbacks::Apps::of(std::move(apps));
}

// Where the lock file is: the one thing that a ledger keeps beside its VFS.
const testing::TempFolder& lock_folder() {
    static const testing::TempFolder kFolder;
    return kFolder;
}

std::string ledger_file() {
    return lock_folder().path().string() + kLedgerName;
}

class Run {
public:
    explicit Run(const RunOptions& options)
        : options_(options),
          dice_(options.seed),
          trace_(world_, options.trace),
          faults_(draw_faults()),
          keys_(keys_of(options.keys)),
          apps_(apps_with(keys_, rules_)),
          network_(world_, trace_, dice_.split()),
          clock_(world_),
          disk_(dice_.split()),
          vfs_(disk_, clock_),
          doom_(draw_doom()),
          random_(dice_.split()),
          entropy_(dice_.split()),
          log_(log_file(), clock_, options.trace ? LogLevel::info : LogLevel::error),
          alipay_(dice_.split(),
                  {.world = world_,
                   .trace = trace_,
                   .network = network_,
                   .keys = keys_,
                   .to_gateway = to_gateway("POST"),
                   .on_success = [this](const std::string& id) { take_success(id); },
                   .on_violation =
                       [this](const std::string& violation) { violations_.push_back(violation); }}),
          orders_(dice_.split(), {.world = world_,
                                  .trace = trace_,
                                  .network = network_,
                                  .alipay = alipay_,
                                  .to_gateway = to_gateway(""),
                                  .on_violation = [this](const std::string& violation) {
                                      violations_.push_back(violation);
                                  }}) {
        // SQLite draws the salts of its log from here.
        sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(options.seed | 1U),
                             nullptr);
        const bool loses = (faults_.crashes > 0 && faults_.power_loss > 0) ||
                           faults_.disk_troubles > 0 || options.dies_at > 0 ||
                           options.disk_fails_at > 0;
        if (!loses) disk_.never_loses();
        disk_.on_touch([this] {
            const bool dies = process_ != nullptr && doom_.touch(Touch::disk);
            if (dies) process_->die("in a write or a sync");
            return dies;
        });
    }

    RunReport run() {
        const auto span = milliseconds(
            std::max<std::int64_t>(1'000, options_.orders * 1'000 / orders_per_second_));
        set_faults(faults_);
        orders_.plan_orders(options_.orders, span);
        plan_troubles(span + kStormAfter);
        start_process();
        const Timestamp heals_at = kBeginning + span + kStormAfter;
        live_until(heals_at);
        heal();
        rest(heals_at);
        return report();
    }

private:
    Faults draw_faults() {
        speed_.commit = milliseconds(dice_.between(2, 100));
        speed_.checkpoint_beat = milliseconds(dice_.between(100, 4'000));
        speed_.wal_restart_bytes = dice_.between(1, 64) * 64 * 1024;
        orders_per_second_ = dice_.between(20, 2'000);
        first_disk_is_empty_ = dice_.chance(20);
        constexpr std::array kPolicies{config::LatePolicy::hold, config::LatePolicy::refund,
                                       config::LatePolicy::accept};
        rules_.late = kPolicies.at(dice_.below(kPolicies.size()));
        if (dice_.chance(200)) rules_.refund_window = hours(dice_.between(2, 12));
        // Aside, so that seeds from before it was there play as they did when it is off.
        Dice aside = dice_.aside();
        if (aside.chance(400))
            kept_ = milliseconds(aside.between(kKeptMin.count(), kKeptMax.count()));
        const bool little_cache = aside.chance(100);
        if (little_cache) speed_.cache_kib = aside.between(40, 160);
        small_pages_ = aside.chance(900);
        if (little_cache && small_pages_) speed_.cache_kib /= 4;
        const Faults drawn = Faults::drawn_from(dice_);
        if (options_.dies_at == 0 && options_.disk_fails_at == 0) return drawn;
        // The one fault meets a payment that is refunded or, with every third seed, closed.
        Faults calm;
        calm.refunds = 1'000;
        calm.closes = options_.seed % 3 == 0 ? 1'000 : 0;
        return calm;
    }
    Doom draw_doom() {
        if (options_.dies_at > 0) return Doom::at(options_.dies_at);
        return {dice_.split(), faults_.crashes, 40 + options_.orders * 4};
    }
    int log_file() const {
        static const int kNowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        return options_.trace ? STDOUT_FILENO : kNowhere;
    }

    Network::Server to_gateway(const std::string& method) {
        return [this, method](const transport::ClientRequest& sent, Network::Answer answer) {
            if (process_ == nullptr || process_->dead()) return false;
            transport::ServerRequest request;
            request.method = method.empty() ? sent.method : method;
            request.target = sent.url;
            const auto question = sent.url.find('?');
            request.path = sent.url.substr(0, question);
            if (question != std::string::npos) request.query = sent.url.substr(question + 1);
            request.headers = sent.headers;
            request.body = sent.body;
            process_->receive(std::move(request), std::move(answer));
            return true;
        };
    }
    Network::Server server_of(const std::string& url) {
        if (url == kEventsUrl) {
            return [this](const transport::ClientRequest& request, const Network::Answer& answer) {
                return orders_.receive(request, answer);
            };
        }
        TOLLGATE_CHECK(url == kGatewayUrl);
        return [this](const transport::ClientRequest& request, const Network::Answer& answer) {
            return alipay_.serve(request, answer);
        };
    }

    void set_faults(const Faults& faults) {
        network_.set_faults(faults);
        alipay_.set_faults(faults);
        orders_.set_faults(faults);
    }

    void plan_troubles(milliseconds storm) {
        if (options_.disk_fails_at > 0) {
            disk_.fail(static_cast<DiskTrouble>(1 + options_.seed % 3),
                       static_cast<int>(options_.disk_fails_at), options_.disk_fails_times);
        }
        // Early, where the work is.
        const auto early = [this, storm] {
            return milliseconds(dice_.between(0, storm.count() / (dice_.chance(700) ? 10 : 1)));
        };
        for (int i = 0; i < faults_.disk_troubles; ++i) {
            world_.after(early(), [this] { trouble_disk(); });
        }
        for (int i = 0; i < faults_.clock_jumps; ++i) {
            world_.after(early(), [this] {
                const auto most = faults_.jump_max.count();
                clock_.set_skew(milliseconds(dice_.between(-most, most)));
                trace_.note("clock.jumps", std::to_string(clock_.skew().count()));
                if (process_ != nullptr) process_->clock_has_jumped();
            });
        }
    }
    void trouble_disk() {
        if (healed_) return;
        const auto kind = static_cast<DiskTrouble>(dice_.between(1, 3));
        const int times = dice_.chance(500) ? 1 : static_cast<int>(dice_.between(2, 200));
        disk_.fail(kind, static_cast<int>(dice_.between(1, 60)), times);
        trace_.note("disk.trouble",
                    std::to_string(static_cast<int>(kind)) + " x" + std::to_string(times));
        // A full disk is cleared by somebody.
        world_.after(milliseconds(dice_.between(1'000, 120'000)), [this] { disk_.heal(); });
    }

    void take_success(const std::string& id) {
        if (id.starts_with("forged")) violations_.push_back("a forgery was answered `success`");
        promises_.successes.push_back(id);
    }

    // A migration removes what an earlier start left of its copy, by the system and not by SQLite.
    void remove_half_copy() {
        for (const auto& migration : ledger::sqlite_migrations()) {
            const std::string number = std::to_string(10'000 + migration.number).substr(1);
            disk_.remove(ledger_file() + ".before-" + number);
        }
    }

    void start_process() {
        TOLLGATE_CHECK(process_ == nullptr && vfs_.open_handles() == 0);
        if (first_start_ && !first_disk_is_empty_) disk_.copy_from(template_disk(small_pages_));
        first_start_ = false;
        remove_half_copy();
        trace_.note("gateway.starts");
        process_ = std::make_unique<GatewayProcess>(GatewayProcess::Seams{
            .world = world_,
            .trace = trace_,
            .network = network_,
            .vfs = vfs_,
            .clock = clock_,
            .doom = doom_,
            .random = random_,
            .entropy = entropy_,
            .log = log_,
            .apps = apps_,
            .server_of = [this](const std::string& url) { return server_of(url); },
            .ledger_file = ledger_file(),
            .speed = speed_,
            .kept = kept_});
        if (!process_->start()) ++starts_failed_;
    }

    // A ledger that has been opened once: migrating each run's own would take most of its time.
    // A file keeps the pages that it began with: those of 1 KiB are soon written and soon full.
    static const MemoryDisk& template_disk(bool small_pages) {
        static const auto kSmall = new_ledger("PRAGMA page_size = 1024; PRAGMA user_version = 0");
        static const auto kShipped = new_ledger("");
        return small_pages ? *kSmall : *kShipped;
    }
    static std::unique_ptr<MemoryDisk> new_ledger(const char* begun_with) {
        auto disk = std::make_unique<MemoryDisk>(Dice(1));
        World world;
        MachineClock clock(world);
        MemoryVfs vfs(*disk, clock);
        {
            auto db = Database::open(ledger_file(), Database::Mode::read_write, vfs.name());
            TOLLGATE_CHECK(db.has_value() && db->run(begun_with).has_value());
        }
        const auto store =
            ledger::open_sqlite_store({.file = ledger_file(), .vfs = vfs.name()}, clock);
        TOLLGATE_CHECK(store.has_value());
        return disk;
    }

    // Some fifty an order are usual.
    std::uint64_t steps_max() const {
        return 500'000 + 1'000 * static_cast<std::uint64_t>(options_.orders);
    }

    void live_until(Timestamp end) {
        while (violations_.empty() && world_.step(end)) {
            if (world_.steps() > steps_max()) violations_.emplace_back("it turns in circles");
            if (process_ == nullptr) continue;
            process_->look();
            if (process_->dead()) bury();
        }
    }

    void bury() {
        trace_.note("gateway.dies", process_->why_dead());
        process_.reset();
        ++deaths_;
        const bool power_lost =
            dice_.chance(faults_.power_loss) || (options_.dies_at > 0 && options_.seed % 2 == 0);
        if (power_lost) trace_.note("power.lost");
        disk_.restart(power_lost && !healed_);
        TOLLGATE_CHECK(vfs_.open_handles() == 0);
        check();
        world_.after(milliseconds(dice_.between(10, healed_ ? 5'000 : 60'000)),
                     [this] { start_process(); });
    }

    void heal() {
        trace_.note("faults.stop");
        healed_ = true;
        set_faults({});
        disk_.heal();
        doom_.spare();
        clock_.set_skew(milliseconds(0));
        if (process_ != nullptr) process_->clock_has_jumped();
    }

    // Lives on until there is nothing left to do.
    void rest(Timestamp healed_at) {
        const Timestamp end = healed_at + kCalmMax;
        milliseconds wait = kRestCheck;
        while (violations_.empty() && world_.now() < end) {
            live_until(world_.now() + wait);
            if (!orders_.quiet() || !alipay_.quiet()) continue;
            if (nothing_to_do()) break;
            wait = std::min<milliseconds>(wait * 2, kRestCheckMax);
        }
        if (!violations_.empty()) return;
        if (!orders_.quiet()) violations_.emplace_back("an order was never answered");
        if (!alipay_.quiet()) violations_.emplace_back("a notification was never settled");
        with_db([this](Database& db) {
            Oracle oracle = oracle_of(db);
            oracle.check_always();
            oracle.check_at_rest();
            count(db);
        });
    }

    bool nothing_to_do() {
        // The end of a year's window is not waited for.
        return process_ != nullptr && process_->nothing_due_until(kBeginning + kCalmMax * 2);
    }

    std::int64_t number_in(Database& db, std::string_view sql) {
        auto select = db.prepare(sql);
        if (select) {
            const auto row = select->step();
            if (row && *row) return select->integer(0);
        }
        violations_.emplace_back("the ledger cannot be read");
        return 0;
    }

    // Looks at a copy: to open a ledger is to recover it, and to close it moves its log, which
    // would hide from the next start what it has to cope with.
    template <typename Use>
    void with_db(Use use) {
        const std::string file = ledger_file();
        MemoryDisk copy(Dice(1));
        // What it began to write beside its log it takes back itself, as it is opened.
        const bool half_done = disk_.find(file + "-journal") != nullptr;
        copy.look_like(disk_, half_done ? MemoryDisk::Look::to_write : MemoryDisk::Look::to_read);
        if (copy.find(file) == nullptr) return;
        MemoryVfs vfs(copy, clock_);
        auto db = Database::open(file, Database::Mode::read_write, vfs.name());
        TOLLGATE_CHECK(db.has_value());
        // It may have died before it had made its tables.
        const auto begun =
            number_in(*db, "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'");
        if (begun == 0) return;
        const auto made = number_in(*db, "SELECT count(*) FROM migration");
        if (made < static_cast<std::int64_t>(ledger::sqlite_migrations().size())) return;
        use(*db);
    }
    Oracle oracle_of(Database& db) {
        return Oracle({.db = db,
                       .alipay = alipay_,
                       .orders = orders_,
                       .promises = promises_,
                       .late_policy = rules_.late,
                       .now = world_.now(),
                       .kept = kept_,
                       .violations = violations_});
    }
    void check() {
        with_db([this](Database& db) { oracle_of(db).check_always(); });
    }
    void count(Database& db) {
        counted_.paid = static_cast<int>(
            number_in(db, "SELECT count(*) FROM payment WHERE paid_ms IS NOT NULL"));
        counted_.refunds = static_cast<int>(
            number_in(db, "SELECT count(*) FROM refund WHERE status = 'succeeded'"));
        counted_.differences = static_cast<int>(number_in(db, "SELECT count(*) FROM difference"));
    }

    RunReport report() {
        RunReport report = std::move(counted_);
        report.violations = std::move(violations_);
        report.trace_hash = trace_.hash();
        report.steps = world_.steps();
        report.virtual_ms = (world_.now() - kBeginning).count();
        report.deaths = deaths_;
        report.starts_failed = starts_failed_;
        report.successes = promises_.successes.size();
        report.events = orders_.events().size();
        report.disk_failures = disk_.counters().failures;
        report.disk_touches = disk_.counters().writes + disk_.counters().syncs;
        report.faults = faults_.text();
        if (kept_) report.faults += " kept_ms=" + std::to_string(kept_->count());
        report.death_came = deaths_ > 0;
        return report;
    }

    const RunOptions options_;
    Dice dice_;
    World world_;
    Trace trace_;
    MachineSpeed speed_;
    std::int64_t orders_per_second_ = 100;
    bool first_disk_is_empty_ = false;
    bool small_pages_ = false;
    std::optional<milliseconds> kept_;
    callbacks::PaymentRules rules_;
    const Faults faults_;
    const KeySet& keys_;
    const callbacks::Apps apps_;
    Network network_;
    MachineClock clock_;
    MemoryDisk disk_;
    MemoryVfs vfs_;
    Doom doom_;
    Dice random_;
    Dice entropy_;
    Log log_;
    Promises promises_;
    std::vector<std::string> violations_;
    AlipayModel alipay_;
    OrderSystem orders_;
    bool healed_ = false;
    bool first_start_ = true;
    int deaths_ = 0;
    int starts_failed_ = 0;
    RunReport counted_;  // At the end, in the ledger.
    std::unique_ptr<GatewayProcess> process_;
};

}  // namespace

RunReport simulate(const RunOptions& options) {
    return Run(options).run();
}

}  // namespace tollgate::simulation
