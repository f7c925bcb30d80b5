#pragma once

#include <string>
#include <vector>

#include "libs/platform/postgres/params.h"

namespace kontor::analytics {

// A text[] as PostgreSQL writes it, for statements over many rows that each hold an array: unnest would flatten an
// array of arrays, so the rows carry texts and the SQL casts each by ::text[].
inline std::string ArrayText(const std::vector<std::string>& values) {
  return *postgres::Params().TextArray(values).values().front();
}

}  // namespace kontor::analytics
