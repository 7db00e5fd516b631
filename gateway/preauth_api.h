#pragma once

#include "callbacks/app.h"
#include "gateway/api_request.h"
#include "gateway/ledger_guard.h"
#include "gateway/preauth_errands.h"
#include "gateway/preauth_unit.h"
#include "transport/router.h"

namespace tollgate::gateway {

struct PreauthSettings {
    std::string public_base_url;
    std::chrono::milliseconds call_lease;
    const LedgerGuard* guard = nullptr;  // None: the ledger is never guarded.
};

// Try, confirm and cancel, as a coordinator of distributed transactions drives them:
// POST /v1/preauthorisations, POST …/{app}/{out_auth_no}/confirm and …/cancel, and GET … and
// …/history.
class PreauthApi {
public:
    // All must outlive the routes and every ticket under way.
    PreauthApi(const ApiSeams& seams, const callbacks::Apps& apps, AlipayClient& alipay,
               Random& dice, PreauthErrands& errands, PreauthSettings settings)
        : seams_(seams),
          apps_(apps),
          alipay_(alipay),
          dice_(dice),
          errands_(errands),
          settings_(std::move(settings)) {}

    void add_routes(transport::Router& router);

private:
    struct Work;  // One request under way.
    using Shared = std::shared_ptr<Work>;

    void try_it(const transport::ServerRequest& request, transport::Ticket ticket);
    void confirm(const transport::ServerRequest& request, transport::Ticket ticket);
    void cancel(const transport::ServerRequest& request, transport::Ticket ticket);
    void get_one(const transport::ServerRequest& request, transport::Ticket ticket);
    void history(const transport::ServerRequest& request, transport::Ticket ticket);
    template <typename Show>
    void answer_with_one(const transport::ServerRequest& request, transport::Ticket ticket,
                         Show show);

    Shared begin(const transport::ServerRequest& request, const Caller& caller,
                 const std::string& app, transport::Ticket& ticket);
    Result<Done> prepare_freeze(const PreauthRequest& request, Work& work);
    void submit_try(const Shared& work);
    Result<bool> must_ask_first(const Work& work);
    void ask_first(const Shared& work);
    void submit_confirm(const Shared& work);
    void freeze(const Shared& work, Result<PreauthOutcome> outcome);
    void carry_out(const Shared& work, Result<PreauthOutcome> outcome);
    void answer(const Shared& work, const Result<ledger::Preauthorisation>& preauth);
    StepContext context(const Work& work) const;

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
    AlipayClient& alipay_;
    Random& dice_;
    PreauthErrands& errands_;
    const PreauthSettings settings_;
};

}  // namespace tollgate::gateway
