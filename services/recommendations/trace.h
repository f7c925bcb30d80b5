#pragma once

#include <string>
#include <vector>

#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/domain/recommendations/recommend.h"
#include "services/recommendations/catalogue_view.h"
#include "services/recommendations/question.h"

namespace kontor::recommendations {

struct Traced {
  const Question& question;
  const std::vector<Recommendation>& shown;
  const std::vector<PassedOver>& passed_over;
  const std::vector<Recommendation>& without_rules;  // the same question without any
};

// What rules did to every product of the answer, and to every one that would have been in it without them.
void FillTraces(const Traced& traced, const std::string& shop, const CatalogueView& catalogue,
                v1::RecommendResponse& response);

}  // namespace kontor::recommendations
