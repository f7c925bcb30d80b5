#pragma once

#include <pqxx/result>

#include "libs/platform/postgres/result.h"

namespace kontor::postgres {

// Inside this library only: what a Result shares.
struct Result::Impl {
  pqxx::result result;
};

}  // namespace kontor::postgres
