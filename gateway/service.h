#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "config/settings.h"

namespace tollgate::gateway {

struct ServiceSeams {
    Clock& clock;
    Entropy& entropy;
    Random& random;
    Log& log;
    // Called once, from the writer's thread, when a COMMIT is in doubt: the process must end now,
    // without answering anybody, and recovery at the next start decides.
    std::function<void(std::string_view reason)> on_fatal;
    const char* sqlite_vfs = nullptr;  // Tests bring a disk that fails.
};

// The whole gateway: listeners, workers, the ledger's writer and its checkpointer, the loops for
// calls to Alipay and for deliveries, the timer.
class Service {
public:
    // Opens everything and starts the threads; answers requests when it returns. What is wrong with
    // the settings' content (keys that cannot be read, …) is added to `problems`.
    // Errors: invalid_argument with problems, unavailable (an address is taken, the ledger is
    // held), failed_precondition (the ledger's schema).
    static Result<std::unique_ptr<Service>> start(config::Settings settings, ServiceSeams seams,
                                                  std::vector<config::Problem>& problems);
    virtual ~Service() = default;

    // The port that a listener ("public", "api", "operator") really has.
    virtual int port(std::string_view listener) const = 0;

    // Takes the apps as these settings have them, keys, certificates and rules, and reads the
    // doors' TLS files anew (Front::reload_tls): both or nothing. Requests under way go on with
    // what they began with. What is wrong with the apps is added to `problems`. Errors:
    // invalid_argument with problems; failed_precondition when an app has come, gone or changed its
    // app_id, which takes a restart; those of Front::reload_tls. From one thread at a time.
    virtual Result<Done> reload(const std::vector<config::AppSettings>& apps,
                                std::vector<config::Problem>& problems) = 0;

    // Answers what has begun, finishes deliveries under way, then stops every thread. What is not
    // done within `patience` is left to the next start, which loses nothing.
    virtual void stop(std::chrono::milliseconds patience) = 0;
};

// What can be known about settings without opening anything: for `check-config` and `serve`.
void check_settings(const config::Settings& settings, std::vector<config::Problem>& problems);

}  // namespace tollgate::gateway
