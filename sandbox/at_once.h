#pragma once

#include <string_view>

#include "sandbox/form.h"
#include "transport/router.h"

namespace tollgate::sandbox {

// A handler whose answer needs nothing but the request.
template <typename Function>
transport::Handler at_once(Function function) {
    return [function](transport::ServerRequest& request, transport::Ticket ticket) {
        ticket.complete(function(request));
    };
}

// Whether a form brings back the nonce of the page that it stands on.
inline bool has_nonce(const transport::ServerRequest& request, std::string_view nonce) {
    const auto form = parse_form(request.body);
    return form && value_of(*form, "nonce") == nonce;
}

}  // namespace tollgate::sandbox
