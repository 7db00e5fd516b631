#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "config/sandbox_settings.h"

namespace tollgate::sandbox {

struct SandboxSeams {
    Clock& clock;
    Entropy& entropy;
    Random& random;
    Log& log;
};

// The other side, in one process: a pretend Alipay and a pretend shop, each on its own listener.
class Sandbox {
public:
    // Binds both listeners. Errors: invalid_argument for a key or secret that cannot be read,
    // unavailable for an address that is taken.
    static Result<std::unique_ptr<Sandbox>> open(const config::SandboxSettings& settings,
                                                 SandboxSeams seams);
    virtual ~Sandbox() = default;

    // Works until stop(): owns the front's workers, the thread that drives the HTTP client and the
    // timer's thread, and joins them before it returns. Call once.
    virtual void run() = 0;

    // Makes run() return soon. Safe from any thread, also before run().
    virtual void stop() = 0;

    // The ports that the listeners really have.
    virtual int alipay_port() const = 0;
    virtual int shop_port() const = 0;
};

}  // namespace tollgate::sandbox
