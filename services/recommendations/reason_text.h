#pragma once

#include "absl/time/time.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "services/recommendations/catalogue_view.h"
#include "services/recommendations/serving_view.h"

namespace kontor::recommendations {

// A reason of the domain on the wire, with a sentence that says the same and no more. Days are those of `zone`.
void FillReason(const Reason& reason, const ServingView& view, const CatalogueView& catalogue, absl::TimeZone zone,
                v1::Reason& out);

}  // namespace kontor::recommendations
