#pragma once

// Both halves of an RSA key pair, and how they sign.
#include "signing/private_key.h"
#include "signing/public_key.h"
#include "signing/sign_type.h"
