#pragma once

#include <string>

#include "kontor/recommendations/v1/absence.pb.h"
#include "libs/domain/recommendations/eligibility.h"
#include "services/recommendations/catalogue_view.h"
#include "services/recommendations/serving_view.h"

namespace kontor::recommendations {

// Why `item` is not shown, with a sentence.
void FillAbsence(const Hindrance& why, ItemId item, const ServingView& view, const std::string& shop,
                 const CatalogueView& catalogue, v1::AbsenceReason& out);

}  // namespace kontor::recommendations
