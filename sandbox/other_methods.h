#pragma once

#include "sandbox/methods.h"

namespace tollgate::sandbox {

// alipay.system.oauth.token (protocol notes 9.17): its parameters stand beside biz_content.
Run oauth_token(const SignedRequest& request, const MethodWorld& world);

// alipay.open.app.alipaycert.download (protocol notes 5.4).
Run certificate_download(const SignedRequest& request, const MethodWorld& world);

}  // namespace tollgate::sandbox
