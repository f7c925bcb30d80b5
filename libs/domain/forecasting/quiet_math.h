#pragma once

#include <boost/math/policies/policy.hpp>

namespace kontor::forecasting {

// For Boost's distributions: what cannot be computed is NaN or infinite instead of an exception.
using QuietMath =
    boost::math::policies::policy<boost::math::policies::domain_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::pole_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

}  // namespace kontor::forecasting
