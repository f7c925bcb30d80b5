#pragma once

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/quality_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/quality_store.h"
#include "services/recommendations/serving_view.h"

namespace kontor::recommendations {

// QualityService/GetQuality: counts from the store, and what they mean by the catalogue and the model in service.
// INVALID_ARGUMENT with all violations; UNAVAILABLE while PostgreSQL is away. Thread-safe.
class QualityHandler {
 public:
  QualityHandler(postgres::Pool& postgres, const ServingViews& serving, const base::Clock& clock)
      : postgres_(postgres), store_(postgres), serving_(serving), clock_(clock) {}

  absl::StatusOr<v1::GetQualityResponse> GetQuality(const runtime::CallContext& call,
                                                    const v1::GetQualityRequest& request);

 private:
  postgres::Pool& postgres_;
  const QualityStore store_;
  const ServingViews& serving_;
  const base::Clock& clock_;
};

}  // namespace kontor::recommendations
