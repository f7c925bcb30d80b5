#pragma once

#include <cstdint>
#include <optional>

#include "libs/domain/recommendations/als.h"

namespace kontor::bench {

// CPU seconds that an iteration takes the `implicit` package on the same pairs, by bench/peers/implicit_als.py; nothing
// where $KONTOR_PEER_PYTHON (python3 when unset) does not have it.
std::optional<double> ImplicitSeconds(const recommendations::SparseRows& rows, uint32_t items,
                                      const recommendations::AlsOptions& options);

}  // namespace kontor::bench
