// The side-effect import is declared.

import 'rsnet/register';
